#pragma once

#include "http/pipeline/exchange.hpp"

namespace carrel::http {

/// `GET /metrics`: the counters of the database and of all shards.
void answer_metrics(exchange& ex);

}  // namespace carrel::http
