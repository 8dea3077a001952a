#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/pipeline/shard_context.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <utility>

namespace carrel::http {

/// Which kind of job has this outcome.
template <class Outcome>
inline constexpr session_kind kind_of_job = session_kind::read;
template <class T>
inline constexpr session_kind kind_of_job<result<committed<T>>> = session_kind::write;

/// What the spans of the request say of its job.
template <class Outcome>
void note_outcome(exchange& ex, const Outcome& outcome) {
    if (outcome) return ex.note_outcome(nullptr, kind_of_job<Outcome>);
    const error why = outcome.error();
    ex.note_outcome(&why, kind_of_job<Outcome>);
}

/// What a job completes with: its executor is the shard's own, by its concrete type, so that a job that ran on the shard
/// completes with a plain call. The request's signal cancels it.
template <class Function>
class job_handler {
public:
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    job_handler(exchange& ex, Function done)
        : ex_(&ex),
          done_(std::move(done)) {}

    executor_type get_executor() const noexcept { return ex_->context->executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return ex_->cancellation.slot(); }

    template <class Outcome>
    void operator()(Outcome&& outcome) {
        if (ex_->jobs != nullptr) note_outcome(*ex_, outcome);
        done_(std::forward<Outcome>(outcome));
    }

private:
    exchange* ex_;
    Function done_;
};

}  // namespace carrel::http
