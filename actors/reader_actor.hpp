#pragma once

#include "actors/read_connection.hpp"
#include "actors/steal_queue.hpp"

#include <carrel/detail/job.hpp>
#include <carrel/options.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

namespace carrel::detail {

class read_dispatcher;

/// A background reader: one thread, one read-only connection, one queue of its own. Its dispatcher says what it runs.
class reader_actor {
public:
    reader_actor(read_dispatcher& dispatcher, const read_connection::source& open, snapshot_registry& all,
                 const options& settings, sqlite::run_slot& slot);

    /// Starts the thread if it does not run yet; false if the system has no room for one. Any thread.
    bool start() noexcept;
    /// Waits for the thread to leave, and closes the connection.
    void join() noexcept;
    void wake() noexcept { awake_.notify(); }
    /// Cancels the read that runs now, if one does; any thread.
    void cancel_running() noexcept;

    steal_queue& queue() noexcept { return queue_; }
    const steal_queue& queue() const noexcept { return queue_; }
    bool is_started() const noexcept { return is_started_.load(); }
    void note_steal() noexcept { connection_.probe().steals.add(); }
    void note_wait(std::chrono::nanoseconds wait) noexcept { connection_.probe().waits.waited(wait); }
    void note_busy() noexcept { is_idle_ = false; }
    bool is_idle() const noexcept { return is_idle_.load(); }
    bool is_open() const noexcept { return connection_.probe().is_open.load(); }
    const actor_probe& probe() const noexcept { return connection_.probe(); }

private:
    void run();
    void run_batch(job_ptr<read_job> first);
    void run_one(job_ptr<read_job> one) noexcept;
    void run_job(read_job& one) noexcept;
    void rest();

    read_dispatcher& dispatcher_;
    const options& settings_;
    snapshot_registry& snapshots_;
    steal_queue queue_;
    wake_signal awake_;
    std::atomic<bool> is_idle_{true};

    read_connection connection_;  // touched only by the actor's thread while it runs
    steady_time idle_since_;      // likewise

    std::mutex running_mutex_;
    read_job* running_ = nullptr;  // guarded by running_mutex_

    std::mutex start_mutex_;
    std::thread thread_;  // guarded by start_mutex_
    std::atomic<bool> is_started_{false};
};

}  // namespace carrel::detail
