#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace carrel::detail {

/// How long jobs with one statement have held connections.
struct statement_hold {
    std::uint64_t statement = 0;  // 0: none
    std::chrono::nanoseconds time{0};
    std::uint64_t runs = 0;
};

/// Notices when work waits for longer than a threshold because nobody is free, and when that is over; between, how many waited
/// and what held the connections. A state machine without a clock; its owner guards it. Allocates nothing.
class exhaustion {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using nanoseconds = std::chrono::nanoseconds;
    static constexpr std::size_t holds_max = 32;
    static constexpr std::size_t recent_max = 8;

    struct episode {
        time_point since;
        nanoseconds length{0};
        std::uint64_t jobs = 0;  // that were taken after a long wait
        std::size_t peak_queue = 0;
        nanoseconds longest_wait{0};
        std::array<statement_hold, holds_max> holds{};  // those with runs; of more statements the longest are kept
    };
    explicit exhaustion(nanoseconds threshold) noexcept
        : threshold_(threshold) {}

    /// A job was taken after `wait`. True if this begins an episode.
    bool took_after(nanoseconds wait, time_point now) noexcept {
        if (wait <= threshold_) return false;
        const bool begins = waits(wait, now);
        ++now_.jobs;
        return begins;
    }
    /// A job waits since `wait` ago. True if this begins an episode.
    bool waits(nanoseconds wait, time_point now) noexcept {
        if (wait <= threshold_) return false;
        const bool begins = !is_on_;
        if (begins) begin(now - wait);
        now_.longest_wait = std::max(now_.longest_wait, wait);
        return begins;
    }
    void saw_queue(std::size_t jobs) noexcept { now_.peak_queue = std::max(now_.peak_queue, jobs); }
    /// A job with this statement held a connection. Whether that counts may only be known when somebody is found to have
    /// waited for it.
    void held(std::uint64_t statement, time_point begun, time_point ended) noexcept {
        if (is_on_) return add(statement, begun, ended);
        if (ended - begun <= threshold_) return;
        recent_[next_recent_++ % recent_max] = {statement, begun, ended};
    }
    bool is_on() const noexcept { return is_on_; }
    /// The episode that is on, as far as it is known.
    episode so_far(time_point now) const noexcept {
        auto copy = now_;
        copy.length = now - copy.since;
        return copy;
    }
    /// Somebody is free and nothing waits. The episode that this ends, if one was on.
    std::optional<episode> came_to_rest(time_point now) noexcept {
        if (!is_on_) return std::nullopt;
        is_on_ = false;
        return so_far(now);
    }

private:
    void begin(time_point since) noexcept {
        now_ = {};
        now_.since = since;
        is_on_ = true;
        for (auto& each : recent_) {
            if (each.ended > since) add(each.statement, each.begun, each.ended);
            each = {};
        }
    }
    void add(std::uint64_t statement, time_point begun, time_point ended) noexcept {
        const nanoseconds time = ended - std::max(begun, now_.since);
        if (time.count() <= 0) return;
        auto& all = now_.holds;
        auto place = std::find_if(all.begin(), all.end(),
                                  [&](const auto& each) { return each.runs == 0 || each.statement == statement; });
        if (place == all.end()) {
            place =
                std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
            if (place->time >= time) return;
            *place = {};
        }
        place->statement = statement;
        place->time += time;
        ++place->runs;
    }

    struct past_hold {
        std::uint64_t statement = 0;
        time_point begun, ended;
    };
    nanoseconds threshold_;
    bool is_on_ = false;
    episode now_;
    std::array<past_hold, recent_max> recent_{};
    std::size_t next_recent_ = 0;
};

}  // namespace carrel::detail
