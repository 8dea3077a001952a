#pragma once

#include "actors/job_list.hpp"

#include <carrel/detail/job.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace carrel::detail {

enum class push_result { queued, full, closed };

/// The writer's queue: many threads put in, one takes out. Bounded by count and by bytes of payload; what is taken out
/// counts until the taker says that it is done with it, so that a long batch is felt at the door.
class mailbox {
public:
    mailbox(std::size_t jobs_max, std::size_t bytes_max)
        : jobs_max_(jobs_max),
          bytes_max_(bytes_max) {}

    /// On `queued` the job is taken over; else it stays with the caller.
    push_result push(std::unique_ptr<write_job>& job) {
        const std::size_t bytes = job->bytes;
        bool was_empty = false;
        {
            std::lock_guard lock(mutex_);
            if (closed_) return push_result::closed;
            // A job larger than the bound is let in alone, or it could never run.
            if (jobs_ >= jobs_max_ || (jobs_ > 0 && bytes_ + bytes > bytes_max_)) return push_result::full;
            if (jobs_ == 0) oldest_.store(job->accepted.time_since_epoch().count(), std::memory_order_relaxed);
            ++jobs_;
            bytes_ += bytes;
            was_empty = queue_.empty();
            queue_.push_back(std::move(job));
        }
        // Only the first to arrive finds a sleeper, and it is woken without the lock.
        if (was_empty) arrived_.notify_one();
        return push_result::queued;
    }

    /// Waits for jobs and takes all of them, in order. Empty when `wait` has passed, or at once when closed and empty.
    job_list<write_job> take_all(std::optional<std::chrono::milliseconds> wait) {
        std::unique_lock lock(mutex_);
        auto ready = [this] { return !queue_.empty() || closed_; };
        if (wait) arrived_.wait_for(lock, *wait, ready);
        else arrived_.wait(lock, ready);
        return std::exchange(queue_, job_list<write_job>());
    }
    job_list<write_job> take_present() {
        std::lock_guard lock(mutex_);
        return std::exchange(queue_, job_list<write_job>());
    }

    /// The taker is done with jobs of this size; `oldest` is when the oldest still held was accepted.
    void finished(std::size_t jobs, std::size_t bytes, std::optional<steady_time> oldest) {
        std::lock_guard lock(mutex_);
        jobs_ -= jobs;
        bytes_ -= bytes;
        const auto* front = queue_.front();
        const auto since = oldest ? *oldest : front != nullptr ? front->accepted : steady_time();
        oldest_.store(since.time_since_epoch().count(), std::memory_order_relaxed);
    }

    void close() {
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
        }
        arrived_.notify_all();
    }
    bool is_closed() const {
        std::lock_guard lock(mutex_);
        return closed_;
    }

    std::pair<std::size_t, std::size_t> held() const {
        std::lock_guard lock(mutex_);
        return {jobs_, bytes_};
    }
    std::chrono::nanoseconds age(steady_time now) const noexcept {
        const auto since = oldest_.load(std::memory_order_relaxed);
        return since == 0 ? std::chrono::nanoseconds(0)
                          : now.time_since_epoch() - std::chrono::steady_clock::duration(since);
    }

private:
    const std::size_t jobs_max_;
    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    job_list<write_job> queue_;  // guarded by mutex_
    std::size_t jobs_ = 0;       // guarded by mutex_
    std::size_t bytes_ = 0;      // guarded by mutex_
    bool closed_ = false;        // guarded by mutex_
    std::atomic<std::chrono::steady_clock::rep> oldest_{0};
};

}  // namespace carrel::detail
