#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace carrel::sqlite {

/// One normalised statement and what its executions came to. Thread-safe.
struct statement_record {
    using time_point = std::chrono::steady_clock::time_point;

    statement_record(std::uint64_t known_by, std::string normalised_text, std::string first_sql)
        : key(known_by),
          text(std::move(normalised_text)),
          sql(std::move(first_sql)) {}

    struct execution {
        std::chrono::nanoseconds time{0}, wait{0};
        std::uint64_t rows = 0;
        bool failed = false;
        time_point ended;
    };
    /// Adds an execution that stands for `weight` of its like.
    void add(const execution& one, std::uint64_t weight) noexcept {
        const auto plus = [](auto& into, std::uint64_t n) { into.fetch_add(n, std::memory_order_relaxed); };
        const auto time = static_cast<std::uint64_t>(one.time.count() > 0 ? one.time.count() : 0);
        plus(calls, weight);
        plus(nanoseconds, weight * time);
        if (one.rows != 0) plus(rows, weight * one.rows);
        if (one.failed) plus(failures, weight);
        if (one.wait.count() > 0) plus(wait_nanoseconds, weight * static_cast<std::uint64_t>(one.wait.count()));
        for (auto longest = longest_nanoseconds.load(std::memory_order_relaxed);
             longest < time && !longest_nanoseconds.compare_exchange_weak(longest, time, std::memory_order_relaxed);) {
        }
        last_seen.store(one.ended.time_since_epoch().count(), std::memory_order_relaxed);
    }

    /// Whether a slow job is to be reported at `now`: how many were not since the last one that was; nothing if it is one
    /// too many.
    std::optional<std::uint64_t> take_report(time_point now) noexcept {
        constexpr std::uint64_t reports_max = 5;
        constexpr std::chrono::seconds window{60};
        const std::lock_guard lock(report_mutex_);
        if (reported_ == 0 || now - window_began_ >= window) {
            window_began_ = now;
            reported_ = 0;
        }
        if (reported_ >= reports_max) {
            ++left_out_;
            return std::nullopt;
        }
        ++reported_;
        return std::exchange(left_out_, 0);
    }

    const std::uint64_t key;
    const std::string text;
    const std::string sql;  // the first with this text, for its plan; never shown. Empty if it is long.
    std::atomic<std::uint64_t> calls{0}, failures{0}, rows{0}, nanoseconds{0}, longest_nanoseconds{0},
        wait_nanoseconds{0};
    std::atomic<std::chrono::steady_clock::rep> last_seen{0};

private:
    std::mutex report_mutex_;
    time_point window_began_;     // guarded by report_mutex_
    std::uint64_t reported_ = 0;  // guarded by report_mutex_
    std::uint64_t left_out_ = 0;  // guarded by report_mutex_
};

}  // namespace carrel::sqlite
