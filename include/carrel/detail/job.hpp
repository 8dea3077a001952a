#pragma once

#include <carrel/detail/views.hpp>
#include <carrel/error.hpp>
#include <carrel/options.hpp>
#include <carrel/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace carrel::detail {

using steady_time = std::chrono::steady_clock::time_point;

class shard_core;

/// How an outcome reaches the handler's executor: `dispatch` may run the handler at once when this thread is that
/// executor's, `post` never does.
enum class delivery { dispatch, post };

/// The only message between a caller and an actor: work, way home, deadline. Executed or failed exactly once, delivered
/// exactly once. Owned by whoever holds it; `deliver` destroys it.
class job {
public:
    job() = default;
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    virtual ~job() = default;

    /// Completes the job without running it, or replaces what its run left.
    virtual void fail(error reason) = 0;
    virtual bool has_failed() const noexcept = 0;
    /// Destroys the work and its captures; called on the actor's thread before `deliver`.
    virtual void release_work() noexcept = 0;
    /// Hands the outcome to the caller's executor and destroys the job.
    virtual void deliver(delivery how = delivery::dispatch) = 0;

    bool is_cancelled() const noexcept { return cancelled.load(std::memory_order_relaxed); }

    job* next = nullptr;               // link of whichever queue holds the job
    std::shared_ptr<shard_core> home;  // deliver there, on its thread; null: deliver from the actor's thread
    steady_time accepted;
    steady_time deadline;
    std::size_t bytes = 0;  // payload, for the bounds of queues and batches
    std::atomic<bool> cancelled{false};
    std::uint64_t fingerprint = 0;     // of the deep statement that made a resident hand the job on
    std::chrono::nanoseconds cost{0};  // processor time of its run on a background reader
};

class read_job : public job {
public:
    /// May be called again after `discard`: a read has no side effects.
    virtual void run(read_session& session) = 0;
    /// Forgets what a run left, so that it can run again.
    virtual void discard() noexcept = 0;
};

class write_job : public job {
public:
    virtual void run(write_session& session) = 0;
    virtual void discard() noexcept = 0;
    /// The sequence of the commit that holds it, set before `deliver`.
    std::uint64_t commit_sequence = 0;
    durability needed = durability::full;
    bool single_statement = false;  // needs no savepoint
};

template <class T>
struct unwrap_result;
template <class T>
struct unwrap_result<result<T>> {
    static_assert(!is_view_like_v<T>, "work: a view is gone once the work has returned; return std::string or blob");
    using type = T;
};

// Runs work and turns what it throws into an error: exceptions stop at the actor's boundary.
template <class T, class Work, class Session>
result<T> run_guarded(Work& work, Session& session) {
    try {
        return work(session);
    } catch (const std::exception& e) {
        return error(errc::work_threw, e.what());
    } catch (...) {
        return error(errc::work_threw, "an exception of unknown type");
    }
}

/// The way home, common to reads and writes: handler, its executor's outstanding work and the outcome.
template <class Base, class Reply, class Handler>
class job_with_handler : public Base {
public:
    using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

    job_with_handler(Handler&& handler, const boost::asio::any_io_executor& fallback)
        : handler_(std::move(handler)),
          work_guard_(boost::asio::get_associated_executor(handler_, fallback)) {
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.assign(
                [this](boost::asio::cancellation_type) { this->cancelled.store(true, std::memory_order_relaxed); });
    }

    void fail(error reason) final { outcome_.emplace(std::move(reason)); }
    bool has_failed() const noexcept final { return outcome_ && outcome_->has_error(); }

    void deliver(delivery how) final {
        auto executor = work_guard_.get_executor();
        auto arrival = [self = std::unique_ptr<job_with_handler>(this)]() mutable { complete(std::move(self)); };
        if (how == delivery::dispatch) boost::asio::dispatch(executor, std::move(arrival));
        else boost::asio::post(executor, std::move(arrival));
    }

protected:
    // The slot is left before the job dies; both happen on the handler's executor.
    static void complete(std::unique_ptr<job_with_handler> self) {
        if (auto slot = boost::asio::get_associated_cancellation_slot(self->handler_); slot.is_connected())
            slot.clear();
        Handler handler(std::move(self->handler_));
        result<Reply> outcome(self->finished());
        auto guard = std::move(self->work_guard_);
        self.reset();
        std::move(handler)(std::move(outcome));
    }

    virtual result<Reply> finished() = 0;

    Handler handler_;
    boost::asio::executor_work_guard<executor_type> work_guard_;
    std::optional<result<Reply>> outcome_;
};

template <class Work, class T, class Handler>
class read_job_of final : public job_with_handler<read_job, T, Handler> {
public:
    read_job_of(Work&& work, Handler&& handler, const boost::asio::any_io_executor& fallback)
        : job_with_handler<read_job, T, Handler>(std::move(handler), fallback),
          work_(std::move(work)) {}

    void run(read_session& session) override { this->outcome_.emplace(run_guarded<T>(*work_, session)); }
    void discard() noexcept override { this->outcome_.reset(); }
    void release_work() noexcept override { work_.reset(); }

private:
    result<T> finished() override { return std::move(*this->outcome_); }
    std::optional<Work> work_;
};

}  // namespace carrel::detail
