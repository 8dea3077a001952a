#pragma once

#include "http/pipeline/exchange.hpp"

namespace carrel::http {

/// `GET /api/v1/queries/running`: what the connections are busy with. Answered at once, whatever they are busy with, unless plans
/// are wanted: then as `start_top_queries`.
void start_running_queries(exchange& ex);

/// `GET /api/v1/queries/top`: what each statement has come to. Ends with `exchange::finish` if plans are wanted, which a reader
/// makes.
void start_top_queries(exchange& ex);

/// `DELETE /api/v1/queries/running/{id}`: ends one run, then writes that down. Ends with `exchange::finish`, unless it refuses.
void start_query_cancellation(exchange& ex);

}  // namespace carrel::http
