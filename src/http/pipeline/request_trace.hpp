#pragma once

#include "telemetry/trace_context.hpp"

#include <chrono>
#include <string>

namespace carrel::http {

/// The trace that a request belongs to.
struct request_trace {
    telemetry::trace_id trace{};
    telemetry::span_id parent{};  ///< The client's span; zero if the trace began here.
    telemetry::span_id span{};    ///< Of the request; only if `is_kept`.
    bool is_known = false;        ///< Otherwise nothing here is.
    bool has_parent = false;
    bool is_kept = false;  ///< Its spans are made and sent.
    std::string state;     ///< The client's `tracestate`; only if `is_kept`.
};

/// How far a request whose trace is kept came, and when. What it did not come to is zero.
struct request_times {
    using time_point = std::chrono::steady_clock::time_point;
    time_point whole;  ///< All of it had arrived.
    time_point begun;  ///< Its work began.
    time_point ready;  ///< There was a response, or the first piece of one.
};

}  // namespace carrel::http
