#pragma once

#include "actors/batch_policy.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>

namespace carrel::detail {

/// The snapshots that readers hold, and what the size of the WAL asks of them. Thread-safe.
class snapshots {
public:
    /// One reader's part. Written by that reader, but for `interrupt`, which the writer sets.
    class desk {
    public:
        void begun(std::chrono::steady_clock::time_point now) noexcept {
            interrupt_.store(false, std::memory_order_relaxed);
            since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
        }
        void ended() noexcept { since_.store(0, std::memory_order_relaxed); }
        const std::atomic<bool>& interrupt() const noexcept { return interrupt_; }

    private:
        friend class snapshots;
        std::atomic<std::chrono::steady_clock::rep> since_{0};
        std::atomic<bool> interrupt_{false};
    };

    /// A place for one reader, for as long as this object lives.
    desk& enroll() {
        std::lock_guard lock(mutex_);
        return desks_.emplace_back();
    }

    /// Called by the writer when it knows the size of the WAL.
    void set_pressure(wal_pressure wanted) {
        if (pressure_.exchange(wanted) != wanted) pressure_.notify_all();
        if (wanted == wal_pressure::interrupt_oldest) interrupt_oldest();
    }
    /// Waits until deep reads may begin a snapshot.
    void wait_until_admitted() const noexcept {
        for (auto now = pressure_.load(); now != wal_pressure::none && !open_for_all_; now = pressure_.load())
            pressure_.wait(now);
    }
    /// Lets everybody pass: the database stops.
    void open_for_all() {
        open_for_all_ = true;
        pressure_.store(wal_pressure::none);
        pressure_.notify_all();
    }

    std::chrono::nanoseconds oldest_age(std::chrono::steady_clock::time_point now) {
        std::lock_guard lock(mutex_);
        const auto* oldest = find_oldest();
        return oldest == nullptr ? std::chrono::nanoseconds(0)
                                 : now.time_since_epoch() - std::chrono::steady_clock::duration(oldest->since_.load());
    }

private:
    desk* find_oldest() {
        desk* oldest = nullptr;
        for (auto& one : desks_)
            if (const auto since = one.since_.load(std::memory_order_relaxed); since != 0)
                if (oldest == nullptr || since < oldest->since_.load(std::memory_order_relaxed)) oldest = &one;
        return oldest;
    }
    void interrupt_oldest() {
        std::lock_guard lock(mutex_);
        if (auto* oldest = find_oldest(); oldest != nullptr) oldest->interrupt_.store(true, std::memory_order_relaxed);
    }

    std::mutex mutex_;
    std::deque<desk> desks_;  // guarded by mutex_; a deque keeps addresses
    std::atomic<wal_pressure> pressure_{wal_pressure::none};
    std::atomic<bool> open_for_all_{false};
};

}  // namespace carrel::detail
