#pragma once

#include "http/pipeline/exchange.hpp"

namespace carrel::http {

/// `/health/live`: that this thread answers. Touches no actor.
void answer_live(exchange& ex);

/// `/health/ready`: a real read, and the writer's state. Never waits behind a write. Ends with `exchange::finish`.
void start_ready(exchange& ex);

/// `/api/v1/pool`.
void answer_pool(exchange& ex);

}  // namespace carrel::http
