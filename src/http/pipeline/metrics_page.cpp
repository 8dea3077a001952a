#include "http/pipeline/metrics_page.hpp"

#include "base/utf8.hpp"
#include "http/pipeline/shard_context.hpp"
#include "metrics/exposition.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

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

// Only what was requested: most routes never are.
std::vector<metrics::response_time> times_of(const server_context& server) {
    std::vector<metrics::response_time> all;
    for (std::size_t place = 0; place <= server.endpoints.size(); ++place) {
        const auto* at = place < server.endpoints.size() ? &server.endpoints[place] : nullptr;
        for (std::size_t status_class = 2; status_class <= 5; ++status_class) {
            response_times::totals sum;
            for (const auto* shard : server.shards) shard->times.add_to(sum, place, status_class);
            if (std::all_of(sum.counts.begin(), sum.counts.end(), [](auto count) { return count == 0; })) continue;
            all.push_back({at != nullptr ? std::string_view(at->path) : "none",
                           at != nullptr ? name_of(method_of(at->method)) : "any",
                           static_cast<char>('0' + status_class),
                           {sum.counts.begin(), sum.counts.end()},
                           sum.seconds});
        }
    }
    return all;
}

metrics::ingest_totals ingest_of(const server_context& server) {
    metrics::ingest_totals all;
    const auto of = [](const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); };
    for (const auto* shard : server.shards) {
        all.stored += of(shard->ingest.stored);
        all.bytes += of(shard->ingest.bytes);
        all.untimed += of(shard->ingest.untimed);
        all.duplicates += of(shard->ingest.duplicates);
        all.rejected += of(shard->ingest.rejected);
    }
    return all;
}

metrics::turned_away_totals turned_away_of(const turned_away_counts& counts) {
    return {counts.full.load(), counts.of_address.load(), counts.unanswered.load()};
}

std::optional<metrics::disk_space> disk_of(const std::string& database) {
    std::error_code none;
    const auto size = std::filesystem::file_size(database, none);
    if (none) return std::nullopt;
    const auto space = std::filesystem::space(database, none);
    if (none) return std::nullopt;
    return metrics::disk_space{size, space.available};
}

// Segments are counted while they are deleted and put together: no difference of two counts is below zero.
metrics::event_totals events_of(const siem::keeper_counters& keeper, siem::timestamp now) {
    const auto count = [](const std::atomic<std::int64_t>& from) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, from.load(std::memory_order_relaxed)));
    };
    const auto seconds = [](std::int64_t microseconds) { return static_cast<double>(microseconds) * 1e-6; };
    metrics::event_totals all;
    all.fresh_segments = count(keeper.fresh_segments);
    all.segments = std::max(count(keeper.segments), all.fresh_segments);
    all.events = count(keeper.events);
    all.fresh_events = count(keeper.fresh_events);
    all.rows_left = count(keeper.rows_left);
    all.oldest = seconds(keeper.oldest_at);
    if (const auto since = keeper.fresh_since.load(); since != 0)
        all.sealing_lag_seconds = std::max(0.0, seconds(now - since));
    all.retention_seconds = static_cast<double>(keeper.days_max) * 86'400;
    all.retention_bytes = static_cast<double>(keeper.bytes_max);
    return all;
}

}  // namespace

void answer_metrics(exchange& ex) {
    const auto& server = ex.context->server();
    metrics::server_stats stats;
    stats.database = server.store->stats();
    stats.version = server.version;
    stats.replies = replies_of(server);
    stats.time_bounds = response_times::bounds;
    stats.times = times_of(server);
    stats.ingest = ingest_of(server);
    stats.disk = disk_of(stats.database.database_path);
    stats.connections = server.connections.load(std::memory_order_relaxed);
    stats.turned_away = turned_away_of(server.turned_away_counts);
    if (const auto* keeper = server.keeper.get()) {
        stats.deleted_on_request = keeper->deleted_on_request;
        stats.deleted_by_age = keeper->deleted_by_age;
        stats.deleted_by_size = keeper->deleted_by_size;
        stats.put_together = keeper->put_together;
        stats.events = events_of(*keeper, ex.context->now());
    }
    if (server.counters)
        for (const auto& each : server.counters())
            stats.more.push_back({each.name, each.help, each.value, each.label, each.is_gauge});
    stats.database.database_path = json::as_utf8(stats.database.database_path);  // a file's name may be any bytes
    ex.response.reply.body = metrics::exposition(stats);
    ex.answer(200, content::metrics);
}

}  // namespace carrel::http
