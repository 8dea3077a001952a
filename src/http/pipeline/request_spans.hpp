#pragma once

#include "http/pipeline/span_writer.hpp"
#include "telemetry/trace_context.hpp"

#include <string>

namespace carrel::http {

class exchange;

/// The spans of a request that has ended, as OTLP's JSON has them, with commas between and a line end behind: one of the request,
/// one of each stage that it came to, and below these what its jobs waited for.
void append_spans(std::string& out, const exchange& ended, const two_clocks& now, telemetry::trace_id_source& ids);

}  // namespace carrel::http
