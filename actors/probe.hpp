#pragma once

#include <carrel/stats.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

// Counters of one actor, written by that actor alone and read by anyone without a lock.
namespace carrel::detail {

class counter {
public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void add(std::chrono::nanoseconds time) noexcept {
        if (time.count() > 0) add(static_cast<std::uint64_t>(time.count()));
    }
    void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// A counter that any thread may raise.
class shared_counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Histogram of waits: bucket i holds waits up to 1 µs · 4^i.
class wait_counter {
public:
    static constexpr std::size_t bucket_of(std::chrono::nanoseconds wait) noexcept {
        const auto microseconds = wait.count() <= 0 ? 0u : static_cast<std::uint64_t>(wait.count() + 999) / 1'000u;
        if (microseconds <= 1) return 0;
        const auto bits = static_cast<std::size_t>(std::bit_width(microseconds - 1));
        return std::min(wait_histogram::buckets - 1, (bits + 1) / 2);
    }
    void waited(std::chrono::nanoseconds wait) noexcept {
        counts_[bucket_of(wait)].add();
        nanoseconds_.add(wait.count() > 0 ? static_cast<std::uint64_t>(wait.count()) : 0);
    }
    void add_to(wait_histogram& sum) const noexcept {
        for (std::size_t i = 0; i < counts_.size(); ++i) sum.counts[i] += counts_[i].get();
        sum.seconds_total += static_cast<double>(nanoseconds_.get()) * 1e-9;
    }

private:
    std::array<counter, wait_histogram::buckets> counts_;
    counter nanoseconds_;
};

/// What the page caches of one connection after the other did. Written by one thread.
class cache_counter {
public:
    /// `use` is since the last call.
    void used(const page_cache_stats& use) noexcept {
        hits_.add(use.hits);
        misses_.add(use.misses);
        pages_written_.add(use.pages_written);
        bytes_.set(use.bytes);
    }
    void closed() noexcept { bytes_.set(0); }
    void add_to(page_cache_stats& sum) const noexcept {
        sum.hits += hits_.get();
        sum.misses += misses_.get();
        sum.pages_written += pages_written_.get();
        sum.bytes += bytes_.get();
    }

private:
    counter hits_, misses_, pages_written_, bytes_;
};

/// Busy time by second over the last ten seconds, what is going on included. Written by one thread.
class busy_window {
public:
    using time = std::chrono::steady_clock::time_point;
    static constexpr std::int64_t seconds = 10;

    void began(time now) noexcept { since_.store(ticks_of(now), std::memory_order_relaxed); }
    void ended(time now) noexcept {
        const auto since = since_.exchange(0, std::memory_order_relaxed);
        if (since != 0) add(since, ticks_of(now));
    }
    bool is_busy() const noexcept { return since_.load(std::memory_order_relaxed) != 0; }
    /// Seconds of work in the ten full seconds before `now`.
    double busy_seconds(time now) const noexcept {
        const auto end = ticks_of(now) / second_ticks * second_ticks;
        const auto begin = end - seconds * second_ticks;
        ticks sum = 0;
        for (const auto& slot : slots_) {
            const auto at = static_cast<ticks>(slot.second.get()) * second_ticks;
            if (at >= begin && at < end) sum += static_cast<ticks>(slot.busy.get());
        }
        if (const auto since = since_.load(std::memory_order_relaxed); since != 0)
            sum += std::max<ticks>(0, end - std::max(since, begin));
        return static_cast<double>(std::min(sum, end - begin)) / static_cast<double>(second_ticks);
    }

private:
    using ticks = std::chrono::steady_clock::rep;
    static constexpr ticks second_ticks = std::chrono::steady_clock::duration(std::chrono::seconds(1)).count();
    static constexpr std::size_t slot_count = seconds + 2;
    static ticks ticks_of(time t) noexcept { return t.time_since_epoch().count(); }

    // Gives each second its part; what is older than the window is of no interest.
    void add(ticks from, ticks until) noexcept {
        from = std::max(from, until - static_cast<ticks>(slot_count - 1) * second_ticks);
        while (from < until) {
            const auto second = from / second_ticks;
            const auto part_end = std::min(until, (second + 1) * second_ticks);
            auto& slot = slots_[static_cast<std::size_t>(second) % slot_count];
            if (slot.second.get() != static_cast<std::uint64_t>(second)) {
                slot.busy.set(0);
                slot.second.set(static_cast<std::uint64_t>(second));
            }
            slot.busy.add(static_cast<std::uint64_t>(part_end - from));
            from = part_end;
        }
    }
    struct second_slot {
        counter second;
        counter busy;
    };
    std::array<second_slot, slot_count> slots_;
    std::atomic<ticks> since_{0};
};

/// What every actor that owns a connection counts.
struct actor_probe {
    counter jobs;
    counter jobs_failed;
    counter batches;
    counter execution_nanoseconds;
    counter opened;  // connections opened
    counter closed_idle_time;
    counter closed_lifetime;
    counter closed_max_idle;
    counter steals;
    counter snapshots_interrupted;
    counter expired;
    wait_counter waits;
    cache_counter cache;
    busy_window window;
    std::atomic<bool> is_open{false};
};

}  // namespace carrel::detail
