#pragma once

#include "telemetry/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace carrel::http {

class exchange;

/// Now by both clocks: spans have the time of day, and an exchange has the other.
struct two_clocks {
    std::chrono::steady_clock::time_point steady;
    std::int64_t unix_nanoseconds = 0;

    static two_clocks now() noexcept;
};

/// The spans of a request that has ended, as OTLP's JSON has them, with commas between and a line end behind: one of the request
/// and one of each stage that it came to.
void append_spans(std::string& out, const exchange& ended, const two_clocks& now, telemetry::trace_id_source& ids);

}  // namespace carrel::http
