#pragma once

#include <carrel/options.hpp>

#include <functional>
#include <string_view>

namespace carrel::telemetry {

/// What a line of the log arose from. Valid during the call that writes it.
struct log_origin {
    std::string_view request_id;
    std::string_view trace_id;  ///< 32 hexadecimal digits; empty if the request belongs to no trace.
};

/// Takes a line that belongs to a request. Any thread.
using request_log_sink = std::function<void(log_level, std::string_view text, const log_origin& origin)>;

}  // namespace carrel::telemetry
