#pragma once

#include "actors/job_list.hpp"

#include <carrel/detail/job.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace carrel::detail {

/// Reads that wait for one reader, or for an idle one. Owner and thief both take the oldest: reads are independent
/// requests, and the one that waited longest goes first, on any reader. What is not taken yet can always be stolen.
class steal_queue {
public:
    void push(job_ptr<read_job> one) noexcept {
        std::lock_guard lock(mutex_);
        one->ticket = ++tickets_;
        count(*one, 1);
        jobs_.push_back(std::move(one));
        size_.store(jobs_.size());
    }
    /// The oldest read, if it was pushed no later than `last_ticket`.
    job_ptr<read_job> take(std::uint64_t last_ticket = UINT64_MAX) noexcept {
        std::lock_guard lock(mutex_);
        if (jobs_.empty() || jobs_.front()->ticket > last_ticket) return nullptr;
        auto one = jobs_.pop_front();
        count(*one, -1);
        size_.store(jobs_.size());
        return one;
    }
    /// Of the newest read so far: who begins a snapshot after this call may run what was pushed up to it.
    std::uint64_t last_ticket() noexcept {
        std::lock_guard lock(mutex_);
        return tickets_;
    }
    /// Takes out what has lapsed; `next` gets the earliest deadline of the rest.
    job_list<read_job> take_lapsed(steady_time now, steady_time& next) noexcept {
        std::lock_guard lock(mutex_);
        auto lapsed = jobs_.extract_if([&](const read_job& one) {
            if (has_lapsed(one, now)) {
                count(one, -1);
                return true;
            }
            next = std::min(next, one.deadline);
            return false;
        });
        size_.store(jobs_.size());
        return lapsed;
    }
    void cancel_all() noexcept {
        std::lock_guard lock(mutex_);
        for (auto* one = jobs_.front(); one != nullptr; one = job_list<read_job>::after(*one)) one->cancelled = true;
    }
    std::size_t size() const noexcept { return size_.load(); }
    /// Of all that wait; those of unknown cost count as `unknown`.
    std::chrono::nanoseconds expected_cost(std::chrono::nanoseconds unknown) noexcept {
        std::lock_guard lock(mutex_);
        return expected_cost_ + static_cast<std::int64_t>(unpriced_) * unknown;
    }
    std::optional<steady_time> oldest() noexcept {
        std::lock_guard lock(mutex_);
        return jobs_.empty() ? std::nullopt : std::optional(jobs_.front()->accepted);
    }

private:
    void count(const read_job& one, int sign) noexcept {
        expected_cost_ += sign * one.expected_cost;
        if (one.expected_cost.count() == 0) unpriced_ += sign;
    }

    std::mutex mutex_;
    job_list<read_job> jobs_;                    // guarded by mutex_
    std::uint64_t tickets_ = 0;                  // guarded by mutex_
    std::chrono::nanoseconds expected_cost_{0};  // guarded by mutex_
    std::int64_t unpriced_ = 0;                  // guarded by mutex_
    std::atomic<std::size_t> size_{0};
};

/// Wakes one sleeping reader. A call before the sleep is not lost.
class wake_signal {
public:
    void notify() noexcept {
        {
            std::lock_guard lock(mutex_);
            called_ = true;
        }
        awake_.notify_one();
    }
    /// Waits for a call, or for the time; false when the time passed.
    bool wait(std::optional<std::chrono::nanoseconds> at_most) {
        std::unique_lock lock(mutex_);
        const auto was_called = [this] { return called_; };
        bool came = true;
        if (at_most) came = awake_.wait_for(lock, *at_most, was_called);
        else awake_.wait(lock, was_called);
        called_ = false;
        return came;
    }

private:
    std::mutex mutex_;
    std::condition_variable awake_;
    bool called_ = false;  // guarded by mutex_
};

}  // namespace carrel::detail
