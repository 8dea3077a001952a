#pragma once

#include <carrel/detail/job.hpp>
#include <carrel/detail/views.hpp>
#include <carrel/export.hpp>

#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace carrel::detail {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

template <class T>
struct value_of_result {
    using type = void;
};
template <class T>
struct value_of_result<result<T>> {
    using type = T;
};

/// What the work of a session returns, and the promises that it must keep.
template <class Work, class Session>
struct work_traits {
    static constexpr bool is_callable = std::is_invocable_v<const Work&, Session&>;
    static_assert(
        is_callable,
        "work is called as const with the session: `result<T> operator()(read_session&) const` (a job may run "
        "again, so a mutable lambda is not accepted; a mutation takes a write_session&)");
    using outcome = typename std::conditional_t<is_callable, std::invoke_result<const Work&, Session&>,
                                                std::type_identity<result<void>>>::type;
    static_assert(is_result<outcome>, "work returns a carrel::result<T>");
    using value = typename value_of_result<outcome>::type;
    static_assert(!is_view_like_v<value>,
                  "work: a view is gone once the work has returned; return std::string or blob");
};

template <class Work>
using read_value_t = typename work_traits<Work, read_session>::value;
template <class Work>
using write_value_t = typename work_traits<Work, write_session>::value;

/// The exception that is being handled, as an error: exceptions end at the actor's boundary. Call it in a handler.
CARREL_API error error_of_exception() noexcept;
/// An error with this diagnostic, or without it if there is no memory for it: for what reports a failure and must not fail.
CARREL_API error error_with(error_code code, std::string_view diagnostic) noexcept;

/// A job with its work; `Reply` says how its outcome reaches the caller.
template <class Reply, class Work>
class job_with_work : public Reply {
public:
    template <class... Args>
    explicit job_with_work(Work&& work, Args&&... args)
        : Reply(std::forward<Args>(args)...),
          work_(std::move(work)) {}

    void discard() noexcept final { this->outcome_.reset(); }
    void release_work() noexcept final { work_.reset(); }

protected:
    /// Keeps what `as_outcome` makes of what the work returns. What either throws ends here.
    template <class Session, class AsOutcome>
    void run_work(Session& session, AsOutcome as_outcome) noexcept {
        try {
            this->outcome_.emplace(as_outcome(std::as_const(*work_)(session)));
        } catch (...) {
            this->outcome_.emplace(error_of_exception());
        }
    }

private:
    std::optional<Work> work_;
};

/// A read with its work.
template <class Reply, class Work, class T>
class read_job_of final : public job_with_work<Reply, Work> {
public:
    using job_with_work<Reply, Work>::job_with_work;
    void run(read_session& session) noexcept override {
        this->run_work(session, [](result<T>&& returned) -> result<T>&& { return std::move(returned); });
    }
    void destroy() noexcept override { Reply::dispose(*this); }
};

/// A mutation with its work.
template <class Reply, class Work, class T>
class write_job_of final : public job_with_work<Reply, Work> {
public:
    template <class... Args>
    explicit write_job_of(Work&& work, Args&&... args)
        : job_with_work<Reply, Work>(std::move(work), std::forward<Args>(args)...) {
        if constexpr (requires { Work::is_single_statement; }) this->single_statement = Work::is_single_statement;
    }

    void run(write_session& session) noexcept override { this->run_work(session, as_outcome); }
    void destroy() noexcept override { Reply::dispose(*this); }

private:
    // Which commit holds it is known later.
    static result<committed<T>> as_outcome(result<T>&& returned) {
        if (!returned) return std::move(returned).error();
        if constexpr (std::is_void_v<T>) return committed<void>();
        else return committed<T>{*std::move(returned), 0};
    }
    result<committed<T>> finished() override {
        if (this->outcome_->has_value()) (**this->outcome_).sequence = this->commit_sequence;
        return std::move(*this->outcome_);
    }
};

}  // namespace carrel::detail
