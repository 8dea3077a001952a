#pragma once

#include "actors/job_list.hpp"

#include <carrel/detail/job.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace carrel::detail {

/// One background reader's queue. Owner and thief both take the oldest: reads are independent requests, and the one that
/// waited longest goes first whoever serves it.
class work_queue {
public:
    void push(std::unique_ptr<read_job> job) {
        {
            std::lock_guard lock(mutex_);
            jobs_.push_back(std::move(job));
            size_.store(jobs_.size());
        }
        awake_.notify_one();
    }
    /// Gives back what was taken and not run, oldest first.
    void give_back(job_list<read_job> rest) {
        std::lock_guard lock(mutex_);
        rest.append(jobs_);
        jobs_.swap(rest);
        size_.store(jobs_.size());
    }
    /// The oldest jobs; `decide` says how many from how many there are and whether the first is known to be deep.
    template <class Decide>
    job_list<read_job> take(Decide decide) {
        std::lock_guard lock(mutex_);
        job_list<read_job> taken;
        if (jobs_.empty()) return taken;
        for (auto left = decide(jobs_.size(), jobs_.front()->fingerprint != 0); left > 0; --left)
            taken.push_back(jobs_.pop_front());
        size_.store(jobs_.size());
        return taken;
    }
    /// Wakes the owner to look around for something to steal.
    void poke() {
        {
            std::lock_guard lock(mutex_);
            poked_ = true;
        }
        awake_.notify_one();
    }
    /// Waits for work, a poke, or the time; false when the time passed.
    bool wait(std::optional<std::chrono::nanoseconds> at_most) {
        std::unique_lock lock(mutex_);
        auto called = [this] { return !jobs_.empty() || poked_; };
        bool came = true;
        if (at_most) came = awake_.wait_for(lock, *at_most, called);
        else awake_.wait(lock, called);
        poked_ = false;
        return came;
    }
    std::size_t size() const noexcept { return size_.load(); }
    std::optional<steady_time> oldest() {
        std::lock_guard lock(mutex_);
        return jobs_.empty() ? std::nullopt : std::optional(jobs_.front()->accepted);
    }

private:
    std::mutex mutex_;
    std::condition_variable awake_;
    job_list<read_job> jobs_;  // guarded by mutex_
    bool poked_ = false;       // guarded by mutex_
    std::atomic<std::size_t> size_{0};
};

}  // namespace carrel::detail
