#pragma once

#include <carrel/backup_options.hpp>
#include <carrel/detail/completion.hpp>
#include <carrel/detail/waiting_reply.hpp>
#include <carrel/detail/work.hpp>
#include <carrel/export.hpp>
#include <carrel/job_options.hpp>
#include <carrel/stats.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace boost::asio {
template <class Allocator>
class use_future_t;
}

namespace carrel {
class database;
enum class stop_mode;
}  // namespace carrel

// The initiations of the database's operations. Each shares the engine and carries its executor, so that it can be kept
// (`deferred`) and run on.
namespace carrel::detail {

class engine;

const std::shared_ptr<engine>& engine_of(const database& one) noexcept;
CARREL_API const boost::asio::any_io_executor& default_executor(const engine& of) noexcept;
/// The executor of a handler without one: the context of the shard that runs on this thread, or the engine's. Never the
/// former for a caller who may block this thread.
CARREL_API boost::asio::any_io_executor fallback_executor(const engine& of, bool waits_on_thread) noexcept;
CARREL_API const std::shared_ptr<deadline_timer>& timer_of(const engine& of) noexcept;
CARREL_API void submit(engine& to, job_ptr<read_job> one, const job_options& per_job) noexcept;
CARREL_API void submit(engine& to, job_ptr<write_job> one, const job_options& per_job) noexcept;
/// Without a deadline.
CARREL_API void submit_unbounded(engine& to, job_ptr<read_job> one) noexcept;
CARREL_API void submit_unbounded(engine& to, job_ptr<write_job> one) noexcept;
CARREL_API void await_room(engine& of, job_ptr<job> waiter) noexcept;
CARREL_API void stop_engine(const std::shared_ptr<engine>& one, stop_mode mode, job_ptr<job> waiter) noexcept;
/// Stops early when the session's job is cancelled.
CARREL_API result<backup_report> backup(engine& of, read_session& session, const std::string& target,
                                        const backup_options& wanted);

// -- signatures and tokens ---

template <class T>
struct read_signature_of {
    using type = void(error_code, T);
};
template <>
struct read_signature_of<void> {
    using type = void(error_code);
};
template <class Work>
using read_signature = typename read_signature_of<read_value_t<Work>>::type;
template <class Work>
using write_signature = void(error_code, committed<write_value_t<Work>>);

template <class Token, class Signature>
concept token_for = boost::asio::completion_token_for<Token, Signature>;
template <class Token, class Work>
concept read_token = token_for<Token, read_signature<Work>>;
template <class Token, class Work>
concept write_token = token_for<Token, write_signature<Work>>;
template <class Token, class T>
concept value_token = token_for<Token, void(error_code, T)>;
template <class Token>
concept plain_token = token_for<Token, void(error_code)>;

// Whether a token's caller may block its thread until the operation completes: `use_future`, whatever adapts it.
template <class Token>
inline constexpr bool waits_on_thread_exact = false;
template <template <class...> class Adapter, class Inner, class... Rest>
inline constexpr bool waits_on_thread_exact<Adapter<Inner, Rest...>> = waits_on_thread_exact<Inner>;
template <class Allocator>
inline constexpr bool waits_on_thread_exact<boost::asio::use_future_t<Allocator>> = true;
template <class Token>
inline constexpr bool waits_on_thread = waits_on_thread_exact<std::remove_cvref_t<Token>>;

// -- initiations ---

struct initiation {
    using executor_type = boost::asio::any_io_executor;
    executor_type get_executor() const noexcept { return default_executor(*target); }
    std::shared_ptr<engine> target;

protected:
    template <class Job, class Handler, class... Work>
    job_ptr<Job> made(Handler& handler, bool waits, diagnostics* why, Work&&... work) const {
        const auto make = [&](const boost::asio::any_io_executor& fallback) {
            auto job = make_job<Job>(handler, std::forward<Work>(work)..., fallback, timer_of(*target), why);
            job->waits_on_thread = waits;
            job->watch_slot();
            return job;
        };
        // A handler with an executor of its own needs no other looked up.
        using executor = boost::asio::associated_executor_t<std::decay_t<Handler>, boost::asio::any_io_executor>;
        if constexpr (std::is_same_v<executor, boost::asio::any_io_executor>)
            return make(fallback_executor(*target, waits));
        else return make(default_executor(*target));
    }
};

struct initiate_read : initiation {
    template <class Handler, class Work>
    void operator()(Handler&& handler, Work&& work, const job_options& per_job, bool waits) const {
        using value = read_value_t<std::decay_t<Work>>;
        using reply = handler_reply<read_job, value, std::decay_t<Handler>>;
        auto job = made<read_job_of<reply, std::decay_t<Work>, value>>(handler, waits, per_job.diagnostics,
                                                                       std::forward<Work>(work));
        submit(*target, std::move(job), per_job);
    }
};

struct initiate_write : initiation {
    template <class Handler, class Work>
    void operator()(Handler&& handler, Work&& work, const job_options& per_job, bool waits) const {
        using value = write_value_t<std::decay_t<Work>>;
        using reply = handler_reply<write_job, committed<value>, std::decay_t<Handler>>;
        auto job = made<write_job_of<reply, std::decay_t<Work>, value>>(handler, waits, per_job.diagnostics,
                                                                        std::forward<Work>(work));
        submit(*target, std::move(job), per_job);
    }
};

/// A job without work, which completes when it is delivered: well, unless it was failed.
template <class Handler>
class plain_job final : public handler_reply<job, void, Handler> {
public:
    using handler_reply<job, void, Handler>::handler_reply;
    void release_work() noexcept override {}
    void destroy() noexcept override { this->dispose(*this); }

private:
    result<void> finished() override { return this->outcome_ ? std::move(*this->outcome_) : result<void>(); }
};

/// Maintenance of the file, which the writer does outside any transaction.
template <class Handler>
class maintenance_job final : public handler_reply<write_job, checkpoint_report, Handler> {
public:
    using handler_reply<write_job, checkpoint_report, Handler>::handler_reply;
    void run(write_session&) noexcept override {}
    void report(const checkpoint_report& done) noexcept override { this->outcome_.emplace(done); }
    void discard() noexcept override { this->outcome_.reset(); }
    void release_work() noexcept override {}
    void destroy() noexcept override { this->dispose(*this); }
};

struct initiate_maintenance : initiation {
    initiate_maintenance(std::shared_ptr<engine> of, maintenance chosen)
        : initiation{std::move(of)},
          wanted(chosen) {}
    maintenance wanted;

    template <class Handler>
    void operator()(Handler&& handler, bool waits) const {
        auto job = made<maintenance_job<std::decay_t<Handler>>>(handler, waits, nullptr);
        job->upkeep = wanted;
        submit_unbounded(*target, std::move(job));
    }
};

/// Copies the file on a background reader of `of`, which has the job that this is part of.
class backup_work {
public:
    backup_work(engine& of, std::string target, backup_options wanted)
        : of_(of),
          target_(std::move(target)),
          wanted_(std::move(wanted)) {}
    result<backup_report> operator()(read_session& session) const { return backup(of_, session, target_, wanted_); }

private:
    engine& of_;
    std::string target_;
    backup_options wanted_;
};

struct initiate_backup : initiation {
    template <class Handler>
    void operator()(Handler&& handler, std::string file, backup_options wanted, bool waits) const {
        using reply = handler_reply<read_job, backup_report, std::decay_t<Handler>>;
        auto job = made<read_job_of<reply, backup_work, backup_report>>(
            handler, waits, nullptr, backup_work(*target, std::move(file), std::move(wanted)));
        job->is_background = true;
        job->holds_snapshot = false;
        submit_unbounded(*target, std::move(job));
    }
};

struct initiate_ready : initiation {
    template <class Handler>
    void operator()(Handler&& handler, bool waits) const {
        await_room(*target, made<plain_job<std::decay_t<Handler>>>(handler, waits, nullptr));
    }
};

struct initiate_stop : initiation {
    template <class Handler>
    void operator()(Handler&& handler, stop_mode mode, bool waits) const {
        stop_engine(target, mode, made<plain_job<std::decay_t<Handler>>>(handler, waits, nullptr));
    }
};

// -- waiting callers ---

template <class Work>
result<read_value_t<Work>> read_and_wait(engine& on, Work&& work, const job_options& per_job) {
    using value = read_value_t<std::decay_t<Work>>;
    read_job_of<waiting_reply<read_job, value>, std::decay_t<Work>, value> job(std::move(work));
    job.waits_on_thread = true;
    submit(on, job_ptr<read_job>(&job), per_job);
    return job.wait();
}

template <class Work>
result<committed<write_value_t<Work>>> write_and_wait(engine& on, Work&& work, const job_options& per_job) {
    using value = write_value_t<std::decay_t<Work>>;
    write_job_of<waiting_reply<write_job, committed<value>>, std::decay_t<Work>, value> job(std::move(work));
    job.waits_on_thread = true;
    submit(on, job_ptr<write_job>(&job), per_job);
    return job.wait();
}

}  // namespace carrel::detail
