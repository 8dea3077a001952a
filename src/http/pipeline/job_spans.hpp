#pragma once

#include "http/pipeline/span_writer.hpp"
#include "http/pipeline/traced_jobs.hpp"
#include "telemetry/trace_context.hpp"

#include <span>
#include <string_view>

namespace carrel::http {

/// A span that has been written, and may be others' parent.
struct parent_span {
    telemetry::span_id id{};
    steady_time from, until;
};

/// Writes what one job waited for and how it ran: `carrel.queue` before each run, `carrel.run`, and of a mutation `carrel.commit`.
/// Each is below the last of `parents` that holds all of the job, and the first holds whatever there is. `operation` names the endpoint.
void append_job_spans(span_writer& to, const traced_jobs::job& job, std::string_view operation,
                      std::span<const parent_span> parents, telemetry::trace_id_source& ids);

}  // namespace carrel::http
