#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

// Decisions of the readers as pure functions and state machines; their loops obey them.
namespace carrel::detail {

/// What the dispatcher knows of one background reader.
struct reader_view {
    bool is_idle = false;  // nothing running, nothing queued
    bool is_open = false;  // holds a connection
    std::size_t queued = 0;
};

/// The reader whose queue gets a new read: an idle reader with a connection, else an idle one that opens its own, else the shortest
/// queue. `readers` is not empty.
constexpr std::size_t choose_reader(std::span<const reader_view> readers) noexcept {
    std::optional<std::size_t> closed;
    std::size_t shortest = 0;
    for (std::size_t i = 0; i < readers.size(); ++i) {
        if (readers[i].is_idle && readers[i].is_open) return i;
        if (readers[i].is_idle && !closed) closed = i;
        if (readers[i].queued < readers[shortest].queued) shortest = i;
    }
    return closed.value_or(shortest);
}

/// Whom an idle reader steals from: the longest queue, nobody if all are empty.
constexpr std::optional<std::size_t> choose_victim(std::span<const reader_view> readers, std::size_t thief) noexcept {
    std::optional<std::size_t> longest;
    for (std::size_t i = 0; i < readers.size(); ++i)
        if (i != thief && readers[i].queued > 0 && (!longest || readers[i].queued > readers[*longest].queued))
            longest = i;
    return longest;
}

/// A deep read takes long enough that as many as there are processors keep the machine busy, and more only slow each other
/// down. A statement that a resident gave up counts as deep until it is known to be short.
constexpr bool is_deep(std::uint64_t fingerprint, std::optional<std::chrono::nanoseconds> expected) noexcept {
    constexpr std::chrono::milliseconds deep_min{20};
    return fingerprint != 0 && (!expected || *expected >= deep_min);
}

/// What waits and runs of one kind of reads.
struct read_load {
    std::chrono::nanoseconds queued_cost{0};   // of those that wait
    std::chrono::nanoseconds running_left{0};  // of those that run, in all
    std::size_t running = 0;
    std::size_t at_a_time = 1;
};

/// How long a new read will wait before it runs.
constexpr std::chrono::nanoseconds expected_wait(const read_load& load) noexcept {
    if (load.running < load.at_a_time && load.queued_cost.count() == 0) return std::chrono::nanoseconds(0);
    return (load.queued_cost + load.running_left) / static_cast<std::int64_t>(load.at_a_time);
}

/// Whether a new read can be served before its deadline. One that nobody waits before is always tried. Costs are means, so
/// a wait counts for half as much again: a read that is cut at its deadline has cost its time for nothing.
constexpr bool can_be_served(const read_load& load, std::chrono::nanoseconds cost,
                             std::chrono::nanoseconds time_left) noexcept {
    const auto wait = expected_wait(load);
    return wait.count() == 0 || wait + wait / 2 + cost <= time_left;
}

/// Whether a reader that has run one batch for so long gives the rest of it away.
constexpr bool sheds_rest(std::chrono::nanoseconds running, std::chrono::nanoseconds budget) noexcept {
    return running > 4 * budget;
}

/// What becomes of a connection between two jobs.
enum class upkeep { keep, replace_old, close_idle };

struct connection_age {
    std::chrono::nanoseconds open_for{0};
    std::chrono::nanoseconds idle_for{0};
};

/// `lifetime` and `idle_time` of zero mean for ever.
constexpr upkeep upkeep_of(connection_age age, std::chrono::nanoseconds lifetime,
                           std::chrono::nanoseconds idle_time) noexcept {
    if (idle_time.count() > 0 && age.idle_for >= idle_time) return upkeep::close_idle;
    if (lifetime.count() > 0 && age.open_for >= lifetime) return upkeep::replace_old;
    return upkeep::keep;
}

/// The statements that a resident hands on at once, because they took longer than its budget before. Forgets a statement
/// as its cost falls. Touched by one thread.
class deep_statements {
public:
    static constexpr std::size_t remembered_max = 1'024;

    bool contains(std::uint64_t fingerprint) const noexcept { return !costs_.empty() && costs_.contains(fingerprint); }

    void overran(std::uint64_t fingerprint, std::chrono::nanoseconds budget) noexcept {
        if (fingerprint == 0) return;
        if (costs_.size() >= remembered_max) costs_.clear();
        try {
            costs_.try_emplace(fingerprint, 2 * budget);
        } catch (...) {
            // Without memory nothing is learned, and the next run overruns its budget again.
        }
    }
    /// A handed-on read of this statement took `cost`. Forgotten once the running mean is under half the budget.
    void cost_was(std::uint64_t fingerprint, std::chrono::nanoseconds cost, std::chrono::nanoseconds budget) {
        const auto found = costs_.find(fingerprint);
        if (found == costs_.end()) return;
        found->second = (3 * found->second + cost) / 4;
        if (found->second < budget / 2) costs_.erase(found);
    }
    std::size_t size() const noexcept { return costs_.size(); }

private:
    std::unordered_map<std::uint64_t, std::chrono::nanoseconds> costs_;
};

}  // namespace carrel::detail
