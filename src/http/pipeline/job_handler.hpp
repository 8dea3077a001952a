#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/pipeline/shard_context.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <utility>

namespace carrel::http {

/// The way home of a job: its executor is the shard's own, by its concrete type, so that a job that ran on the shard
/// completes with a plain call. The exchange's signal cancels it.
template <class Function>
class job_handler {
public:
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    job_handler(exchange& ex, Function home)
        : ex_(&ex),
          home_(std::move(home)) {}

    executor_type get_executor() const noexcept { return ex_->context->executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return ex_->left.slot(); }

    template <class Outcome>
    void operator()(Outcome&& outcome) {
        home_(std::forward<Outcome>(outcome));
    }

private:
    exchange* ex_;
    Function home_;
};

}  // namespace carrel::http
