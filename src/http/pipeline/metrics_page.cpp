#include "http/pipeline/metrics_page.hpp"

#include "http/pipeline/shard_context.hpp"
#include "metrics/exposition.hpp"

namespace carrel::http {

namespace {

std::vector<metrics::reply_count> replies_of(const server_context& server) {
    std::vector<metrics::reply_count> all;
    for (std::size_t method = 0; method < method_count; ++method) {
        for (auto status = response_counts::status_min; status <= response_counts::status_max; ++status) {
            std::uint64_t count = 0;
            for (const auto* shard : server.shards)
                count += shard->counts.get(static_cast<http::method>(method), status);
            if (count != 0) all.push_back({name_of(static_cast<http::method>(method)), status, count});
        }
    }
    return all;
}

}  // namespace

void answer_metrics(exchange& ex) {
    const auto& server = ex.context->server();
    metrics::server_stats stats;
    stats.database = server.store->stats();
    stats.replies = replies_of(server);
    stats.connections = server.connections.load(std::memory_order_relaxed);
    if (const auto* keeper = server.keeper.get()) {
        stats.deleted_on_request = keeper->deleted_on_request;
        stats.deleted_by_age = keeper->deleted_by_age;
        stats.deleted_by_size = keeper->deleted_by_size;
        stats.put_together = keeper->put_together;
    }
    if (server.counters)
        for (const auto& each : server.counters()) stats.more.push_back({each.name, each.help, each.value, each.label});
    ex.response.reply.body = metrics::exposition(stats);
    ex.answer(200, content::metrics);
}

}  // namespace carrel::http
