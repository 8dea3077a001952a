#pragma once

#include "actors/job_list.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace carrel::detail {

/// What the timer looks after: a queue, or an actor with something to do at a given time.
class timed {
public:
    static constexpr steady_time never = steady_time::max();
    /// Does what is due and returns when to look again. On the timer's thread.
    virtual steady_time look(steady_time now) noexcept = 0;

protected:
    ~timed() = default;
};

/// The thread that makes deadlines and cancellations hold wherever a job waits, whatever the actors are busy with. It
/// sleeps until the earliest of them, and looks at everything once in a while.
class deadline_timer {
public:
    static constexpr std::chrono::milliseconds look_interval{1'000};
    static constexpr std::chrono::milliseconds retry_interval{10};

    ~deadline_timer();
    /// `watched` must live until `stop`. The thread is an actor's of that engine: what waits for the engine is refused on it.
    void start(std::vector<timed*> watched, std::uint64_t engine_id);
    void stop() noexcept;

    /// Looks no later than at `when`. Cheap when an earlier look is planned already, which deadlines of one length make
    /// the rule.
    void notice(steady_time when) noexcept {
        if (when.time_since_epoch().count() < planned_.load(std::memory_order_relaxed)) plan(when);
    }
    /// Keeps a finished job that its executor had no memory to take, and offers it again. False, leaving it with the
    /// caller, when the timer has stopped.
    bool keep(job_ptr<job>& undelivered) noexcept;

private:
    using ticks = std::chrono::steady_clock::rep;
    void run() noexcept;
    void plan(steady_time when) noexcept;
    steady_time deliver_kept(steady_time now) noexcept;

    std::vector<timed*> watched_;
    std::atomic<ticks> planned_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    job_list<job> kept_;        // guarded by mutex_
    bool is_stopping_ = false;  // guarded by mutex_
    bool has_ended_ = false;    // guarded by mutex_
    std::thread thread_;
};

/// Delivers a finished job to its handler's executor. If that has no memory for it, `timer` offers it again until it has;
/// when the timer has stopped, this call does.
void deliver_or_keep(job_ptr<job> finished, delivery way, deadline_timer& timer) noexcept;

/// Fails jobs that were never run, ends their work on this thread and delivers them.
template <class Job>
void fail_lapsed(job_list<Job> lapsed, deadline_timer& timer) noexcept {
    while (auto one = lapsed.pop_front()) {
        one->fail(reason_lapsed(*one));
        one->release_work();
        one->reply_shard.reset();
        deliver_or_keep(std::move(one), delivery::post, timer);
    }
}

}  // namespace carrel::detail
