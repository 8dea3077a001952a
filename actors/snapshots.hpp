#pragma once

#include "actors/batch_policy.hpp"
#include "sqlite/canary.hpp"
#include "sqlite/connection.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
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
        /// `on` is where the snapshot is held, until `ended`.
        void begun(std::chrono::steady_clock::time_point now, sqlite::connection* on = nullptr) {
            std::lock_guard lock(mutex_);
            on_ = on;
            interrupt_.store(false, std::memory_order_relaxed);
            since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
        }
        void ended() {
            std::lock_guard lock(mutex_);
            on_ = nullptr;
            since_.store(0, std::memory_order_relaxed);
        }
        const std::atomic<bool>& interrupt() const noexcept { return interrupt_; }

    private:
        friend class snapshots;
        // The flag is looked at between steps of SQLite's, and one step may count a whole table (OP_Count). Whatever this
        // hits belongs to the snapshot: it cannot end while the lock is held.
        void interrupt_step() {
            std::lock_guard lock(mutex_);
            if (on_ != nullptr) on_->interrupt();
        }

        std::mutex mutex_;
        sqlite::connection* on_ = nullptr;                // guarded by mutex_
        std::chrono::steady_clock::time_point asked_at_;  // the writer's
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
        if (pressure_.load() != wanted) change_pressure(wanted);
        if (wanted == wal_pressure::interrupt_oldest && !canary::sings(canary::fault::endless_snapshot))
            interrupt_oldest();
    }
    wal_pressure pressure() const noexcept { return pressure_.load(std::memory_order_relaxed); }
    /// Whether deep reads may begin a snapshot; waits for that for some time.
    bool admits(std::chrono::milliseconds at_most) {
        if (is_admitting()) return true;
        std::unique_lock lock(admission_mutex_);
        return admission_.wait_for(lock, at_most, [this] { return is_admitting(); });
    }
    /// Lets everybody pass: the database stops.
    void open_for_all() {
        open_for_all_ = true;
        change_pressure(wal_pressure::none);
    }

    std::chrono::nanoseconds oldest_age(std::chrono::steady_clock::time_point now) {
        std::lock_guard lock(mutex_);
        const auto* oldest = find_oldest();
        return oldest == nullptr ? std::chrono::nanoseconds(0) : age_of(*oldest, now);
    }

private:
    // A younger snapshot is not what the WAL grew under.
    static constexpr std::chrono::milliseconds age_interrupted_min{20};
    // A step that takes longer does not look at the flag.
    static constexpr std::chrono::milliseconds step_max{50};

    bool is_admitting() const noexcept { return pressure_.load() == wal_pressure::none || open_for_all_; }
    void change_pressure(wal_pressure wanted) {
        {
            std::lock_guard lock(admission_mutex_);
            pressure_.store(wanted);
        }
        admission_.notify_all();
    }
    static std::chrono::nanoseconds age_of(const desk& one, std::chrono::steady_clock::time_point now) noexcept {
        return now.time_since_epoch() - std::chrono::steady_clock::duration(one.since_.load(std::memory_order_relaxed));
    }
    desk* find_oldest() {
        desk* oldest = nullptr;
        for (auto& one : desks_)
            if (const auto since = one.since_.load(std::memory_order_relaxed); since != 0)
                if (oldest == nullptr || since < oldest->since_.load(std::memory_order_relaxed)) oldest = &one;
        return oldest;
    }
    void interrupt_oldest() {
        std::lock_guard lock(mutex_);
        auto* oldest = find_oldest();
        const auto now = std::chrono::steady_clock::now();
        if (oldest == nullptr || age_of(*oldest, now) < age_interrupted_min) return;
        if (!oldest->interrupt_.exchange(true, std::memory_order_relaxed)) oldest->asked_at_ = now;
        else if (now - oldest->asked_at_ >= step_max) oldest->interrupt_step();
    }

    std::mutex mutex_;
    std::deque<desk> desks_;  // guarded by mutex_; a deque keeps addresses
    std::atomic<wal_pressure> pressure_{wal_pressure::none};
    std::atomic<bool> open_for_all_{false};
    std::mutex admission_mutex_;
    std::condition_variable admission_;
};

}  // namespace carrel::detail
