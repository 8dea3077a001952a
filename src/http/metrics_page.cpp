#include "http/metrics_page.hpp"

#include "http/workbench.hpp"
#include "metrics/exposition.hpp"

#include <array>

namespace carrel::http {

namespace {

constexpr std::array<std::string_view, reply_counts::methods> method_labels{"GET",   "HEAD",   "POST",    "PUT",
                                                                            "PATCH", "DELETE", "OPTIONS", "other"};

std::vector<metrics::reply_count> replies_of(const site& place) {
    std::vector<metrics::reply_count> all;
    for (std::size_t method = 0; method < method_labels.size(); ++method) {
        for (auto status = reply_counts::status_min; status <= reply_counts::status_max; ++status) {
            std::uint64_t count = 0;
            for (const auto* shard : place.counts) count += shard->get(static_cast<verb>(method), status);
            if (count != 0) all.push_back({method_labels[method], status, count});
        }
    }
    return all;
}

}  // namespace

void answer_metrics(exchange& ex) {
    const auto& place = ex.bench->place();
    metrics::server_stats stats;
    stats.database = place.store->stats();
    stats.replies = replies_of(place);
    stats.connections = place.connections.load(std::memory_order_relaxed);
    ex.reply.body = metrics::exposition(stats);
    ex.answer(200, content::metrics);
}

}  // namespace carrel::http
