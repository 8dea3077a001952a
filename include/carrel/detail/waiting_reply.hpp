#pragma once

#include <carrel/detail/job.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace carrel::detail {

/// The way back to a caller that waits on its thread: the job lives on the caller's stack, and `wait` returns when an
/// actor has delivered it.
template <class Base, class Value>
class waiting_reply : public Base {
public:
    void fail(error reason) noexcept final { outcome_.emplace(std::move(reason)); }
    bool has_failed() const noexcept final { return outcome_ && outcome_->has_error(); }
    bool was_interrupted() const noexcept final { return has_failed() && outcome_->error() == sqlite_errc::interrupt; }
    bool deliver(delivery) final {
        // Notified under the lock: the waiter ends the condition variable as soon as it can lock.
        std::lock_guard lock(mutex_);
        is_done_ = true;
        done_.notify_one();
        return true;
    }

    result<Value> wait() {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return is_done_; });
        return finished();
    }

protected:
    virtual result<Value> finished() { return std::move(*outcome_); }
    template <class Final>
    static void dispose(Final&) noexcept {}

    std::optional<result<Value>> outcome_;

private:
    std::mutex mutex_;
    std::condition_variable done_;
    bool is_done_ = false;  // guarded by mutex_
};

}  // namespace carrel::detail
