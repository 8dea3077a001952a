#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/pipeline/shard_context.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <utility>

namespace carrel::http {

/// What a job completes with: its executor is the shard's own, by its concrete type, so that a job that ran on the shard
/// completes with a plain call. The exchange's signal cancels it.
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
        done_(std::forward<Outcome>(outcome));
    }

private:
    exchange* ex_;
    Function done_;
};

}  // namespace carrel::http
