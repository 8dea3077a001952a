#pragma once

#include "http/pipeline/exchange.hpp"

namespace carrel::http {

struct server_context;

/// Every shard has taken a turn of late and none has failed since its last self-check. Any thread.
bool shards_work(const server_context& server) noexcept;

/// `/health/live`: that this thread answers. Touches no actor.
void answer_live(exchange& ex);

/// `/health/ready`: a real read, and the writer's state. Never waits behind a write. Ends with `exchange::finish`.
void start_ready(exchange& ex);

/// `/api/v1/pool`.
void answer_pool(exchange& ex);

}  // namespace carrel::http
