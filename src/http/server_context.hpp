#pragma once

#include "http/limits.hpp"
#include "http/pipeline/response_counts.hpp"
#include "http/protocol/host_list.hpp"
#include "http/routing/endpoints.hpp"
#include "http/routing/router.hpp"

#include <carrel/database.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace carrel::http {

/// What all shards share. Immutable once they run, but for the atomics.
struct server_context {
    server_context(database& served, std::uint16_t port, const std::vector<std::string>& allow_hosts,
                   const limits& asked)
        : store(&served),
          bounds(asked),
          hosts(port, allow_hosts),
          endpoints(all_endpoints()),
          routes(endpoints) {}

    database* store;
    limits bounds;
    host_list hosts;
    std::vector<endpoint> endpoints;
    router routes;
    std::string openapi;
    std::function<siem::timestamp()> clock;
    log_sink log;
    std::vector<const response_counts*> counts;  // one a shard

    std::atomic<bool> draining{false};
    std::atomic<std::size_t> connections{0};
};

}  // namespace carrel::http
