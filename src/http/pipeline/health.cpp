#include "http/pipeline/health.hpp"

#include "http/pipeline/job_handler.hpp"
#include "http/pipeline/shard_context.hpp"
#include "json/writer.hpp"

#include <algorithm>
#include <chrono>

namespace carrel::http {

namespace {

constexpr std::chrono::milliseconds probe_deadline{1'000};
constexpr std::chrono::milliseconds stuck_after{5'000};

struct probe {
    result<void> operator()(read_session& session) const {
        auto count = session.first_integer("SELECT count(*) FROM sqlite_schema");
        if (!count) return count.error();
        return {};
    }
};

// `readers`: a real read, and every shard, each of which is a reader too.
void answer_ready(exchange& ex, bool read_worked) {
    auto& server = ex.context->server();
    const bool writer_works = !server.store->stats().writer.poisoned;
    const bool readers_work = read_worked && shards_work(server);
    const bool is_ready = readers_work && writer_works && !server.draining.load(std::memory_order_relaxed);
    ex.response.reply.clear();
    json::writer json(ex.response.reply.body);
    json.begin_object().key("status").string(is_ready ? "ready" : "unavailable");
    json.key("checks").begin_object();
    json.key("writer").string(writer_works ? "ok" : "failed");
    json.key("readers").string(readers_work ? "ok" : "failed");
    json.end_object().end_object();
    ex.answer(is_ready ? 200 : 503, content::json);
}

void write_pool(json::writer& json, const pool_stats& pool) {
    const auto count = [&json](std::string_view name, std::uint64_t number) {
        json.key(name).integer(static_cast<std::int64_t>(number));
    };
    json.begin_object();
    count("max_open", pool.max_open);
    count("open", pool.open);
    count("in_use", pool.in_use);
    count("idle", pool.idle);
    count("wait_count", pool.wait_count);
    json.key("wait_seconds_total").real(pool.wait_seconds_total);
    count("closed_max_idle", pool.closed_max_idle);
    count("closed_idle_time", pool.closed_idle_time);
    count("closed_lifetime", pool.closed_lifetime);
    json.key("utilization").real(pool.utilization);
    count("exhaustion_episodes", pool.exhaustion_episodes);
    json.end_object();
}

}  // namespace

bool shards_work(const server_context& server) noexcept {
    const auto now = std::chrono::steady_clock::now();
    const auto turn_age_max = std::max<std::chrono::milliseconds>(stuck_after, 3 * server.bounds.sweep_interval);
    return std::all_of(server.shards.begin(), server.shards.end(), [&](const shard_status* shard) {
        return shard->works.load(std::memory_order_relaxed) &&
               now - shard->last_turn.load(std::memory_order_relaxed) < turn_age_max;
    });
}

void answer_live(exchange& ex) {
    ex.response.reply.body = R"({"status":"alive"})";
    ex.answer(200, content::json);
}

void start_ready(exchange& ex) {
    ex.busy = true;
    auto done = [&ex](const result<void>& outcome) {
        answer_ready(ex, outcome.has_value());
        ex.finish();
    };
    job_options settings = ex.job_settings();
    settings.deadline = probe_deadline;
    ex.context->store().async_read(probe(), settings, as_result(job_handler(ex, done)));
}

void answer_pool(exchange& ex) {
    const auto stats = ex.context->store().stats();
    json::writer json(ex.response.reply.body);
    json.begin_object().key("write");
    write_pool(json, stats.write);
    json.key("read");
    write_pool(json, stats.read);
    json.end_object();
    ex.answer(200, content::json);
}

}  // namespace carrel::http
