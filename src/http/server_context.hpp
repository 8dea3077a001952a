#pragma once

#include "access/hashing_pool.hpp"
#include "access/token_bucket.hpp"
#include "http/byte_budget.hpp"
#include "http/counter.hpp"
#include "http/limits.hpp"
#include "http/net/address_counts.hpp"
#include "http/net/tls_acceptor.hpp"
#include "http/net/turned_away.hpp"
#include "http/pipeline/held_requests.hpp"
#include "http/pipeline/shard_status.hpp"
#include "http/protocol/host_list.hpp"
#include "http/routing/endpoints.hpp"
#include "http/routing/router.hpp"
#include "siem/access_in_force.hpp"
#include "siem/keeper_counters.hpp"
#include "siem/mappings_in_force.hpp"
#include "telemetry/log_origin.hpp"

#include <carrel/database.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace carrel::telemetry {
class access_log;
class trace_exporter;
}  // namespace carrel::telemetry

namespace carrel::http {

/// What all shards share. Immutable once they run, but for what is atomic or locks.
struct server_context {
    static constexpr std::size_t login_addresses_max = 4096;

    server_context(database& served, host_list served_hosts, const limits& in_force)
        : store(&served),
          bounds(in_force),
          hosts(std::move(served_hosts)),
          endpoints(all_endpoints()),
          routes(endpoints),
          intake(in_force.intake_bytes_max),
          address_rate(limiter_of(in_force.address_rate, in_force.address_burst)),
          principal_rate(limiter_of(in_force.principal_rate, in_force.principal_burst)),
          login_rate(in_force.login_rate, in_force.login_burst, login_addresses_max) {}

    database* store;
    limits bounds;
    host_list hosts;
    std::vector<endpoint> endpoints;
    router routes;
    std::string version;
    std::string openapi, packed_openapi;  ///< the second by gzip
    std::function<siem::timestamp()> clock;
    log_sink log;
    telemetry::request_log_sink request_log;              // may be empty: `log` takes the lines of requests, too
    std::shared_ptr<telemetry::access_log> access_lines;  // null: none is kept
    std::shared_ptr<telemetry::trace_exporter> traces;    // null: none are sent
    std::shared_ptr<const siem::keeper_counters> keeper;  // may be null
    std::function<std::vector<counter>()> counters;
    std::shared_ptr<siem::mappings_in_force> mappings;
    std::shared_ptr<siem::access_in_force> access = std::make_shared<siem::access_in_force>();
    bool requires_login = false;
    std::unique_ptr<carrel::access::hashing_pool> hashing;
    std::vector<const shard_status*> shards;
    std::vector<held_requests*> holders;  // of each shard
    std::shared_ptr<tls_acceptor> tls;    // null: plain HTTP
    std::vector<peer_address> trusted_proxies;

    /// Events were stored: those who follow may read them. Any thread.
    void announce_events() noexcept {
        for (auto* each : holders) each->announce();
    }

    std::atomic<bool> draining{false};
    std::atomic<bool> storage_is_low{false};
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> turned_away{0};  // being answered now
    http::turned_away_counts turned_away_counts;
    std::atomic<std::size_t> unsent_bytes{0};
    byte_budget intake;
    address_counts addresses;
    carrel::access::rate_limiter address_rate, principal_rate, login_rate;

private:
    // A mebibyte each, if it is on.
    static carrel::access::rate_limiter limiter_of(std::size_t rate, std::size_t burst) {
        constexpr std::size_t entries_max = 65'536;
        return {static_cast<double>(rate), static_cast<double>(burst != 0 ? burst : 2 * rate), entries_max};
    }
};

}  // namespace carrel::http
