#pragma once

#include "actors/deadline_timer.hpp"
#include "actors/writer_policy.hpp"
#include "sqlite/connection.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace carrel::detail {

/// The snapshots that readers hold, and what the size of the WAL asks of them. Thread-safe.
class snapshot_registry final : public timed {
public:
    /// One reader's part. Written by that reader, but for the interrupts.
    class entry {
    public:
        /// `on` is where the snapshot is held, until `ended`.
        void begun(steady_time now, sqlite::connection* on) noexcept;
        void ended() noexcept;
        /// Until when the job that runs now may run.
        void running_until(steady_time deadline) noexcept {
            deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
        }
        const std::atomic<bool>& interrupt() const noexcept { return interrupt_; }

    private:
        friend class snapshot_registry;
        using ticks = std::chrono::steady_clock::rep;
        static constexpr ticks idle = std::numeric_limits<ticks>::max();
        std::chrono::nanoseconds age(steady_time now) const noexcept;
        bool is_overdue(steady_time now) const noexcept;
        // Whatever this hits belongs to the snapshot: it cannot end while the lock is held. A job that it hits by mistake,
        // because the overdue one ended meanwhile, is run again.
        void interrupt_step() noexcept;

        std::mutex mutex_;
        sqlite::connection* on_ = nullptr;  // guarded by mutex_
        steady_time requested_at_;          // the writer's
        std::atomic<ticks> since_{0};
        std::atomic<ticks> deadline_{idle};
        std::atomic<bool> interrupt_{false};
    };

    /// The entry of one reader, for as long as this object lives.
    entry& enroll();

    /// Called by the writer when it knows the size of the WAL.
    void set_pressure(wal_pressure wanted) noexcept;
    wal_pressure pressure() const noexcept { return pressure_.load(std::memory_order_relaxed); }
    /// Whether deep reads may begin a snapshot; waits for that for some time.
    bool admits(std::chrono::milliseconds at_most);
    /// Admits all from now on: the database stops.
    void admit_all() noexcept;

    std::chrono::nanoseconds oldest_age(steady_time now) noexcept;

    /// Interrupts what runs past its deadline in one step of SQLite's, which looks at no deadline (OP_Count counts a whole
    /// table in one).
    steady_time look(steady_time now) noexcept override;

private:
    // A younger snapshot is not what the WAL grew under.
    static constexpr std::chrono::milliseconds age_interrupted_min{20};
    // A step that takes longer does not look at the flag.
    static constexpr std::chrono::milliseconds step_max{50};
    static constexpr std::chrono::milliseconds overdue_interval{10};

    bool is_admitting() const noexcept { return pressure_.load() == wal_pressure::none || admits_all_; }
    void change_pressure(wal_pressure wanted) noexcept;
    entry* find_oldest() noexcept;
    void interrupt_oldest() noexcept;

    std::mutex mutex_;
    std::deque<entry> entries_;  // guarded by mutex_; a deque keeps addresses
    std::atomic<wal_pressure> pressure_{wal_pressure::none};
    std::atomic<bool> admits_all_{false};
    std::mutex admission_mutex_;
    std::condition_variable admission_;
};

}  // namespace carrel::detail
