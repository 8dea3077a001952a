#include "metrics/exposition.hpp"

#include "metrics/process.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <filesystem>
#include <limits>
#include <utility>

namespace carrel::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

double number(auto value) noexcept { return static_cast<double>(value); }

/// Families in the order they are written.
class page {
public:
    void family(std::string name, MetricType type, std::string help) {
        shared_family("carrel_" + std::move(name), type, std::move(help));
    }
    /// One that other programs have by the same name.
    void shared_family(std::string name, MetricType type, std::string help) {
        auto& made = families_.emplace_back();
        made.name = std::move(name);
        made.help = std::move(help);
        made.type = type;
    }
    /// A series of the last family.
    void series(double value, labels with = {}) {
        auto& made = families_.back().metric.emplace_back();
        made.label = std::move(with);
        if (families_.back().type == MetricType::Counter) made.counter.value = value;
        else made.gauge.value = value;
    }
    void histogram(const wait_histogram& waits, labels with) {
        auto& made = families_.back().metric.emplace_back();
        made.label = std::move(with);
        made.histogram.sample_sum = waits.seconds_total;
        double bound = 1e-6;
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < waits.counts.size(); ++i, bound *= 4) {
            below += waits.counts[i];
            const bool is_last = i + 1 == waits.counts.size();
            made.histogram.bucket.push_back({below, is_last ? std::numeric_limits<double>::infinity() : bound});
        }
        made.histogram.sample_count = below;
    }
    void histogram(std::span<const double> bounds, const std::vector<std::uint64_t>& counts, double sum, labels with) {
        auto& made = families_.back().metric.emplace_back();
        made.label = std::move(with);
        made.histogram.sample_sum = sum;
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            below += counts[i];
            made.histogram.bucket.push_back(
                {below, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
        }
        made.histogram.sample_count = below;
    }
    void histogram(std::string name, const wait_histogram& times, std::string help) {
        family(std::move(name), MetricType::Histogram, std::move(help));
        histogram(times, labels{});
    }
    void counter(std::string name, double value, std::string help) {
        family(std::move(name), MetricType::Counter, std::move(help));
        series(value);
    }
    void gauge(std::string name, double value, std::string help) {
        family(std::move(name), MetricType::Gauge, std::move(help));
        series(value);
    }
    std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

private:
    std::vector<prometheus::MetricFamily> families_;
};

void add_pools(page& out, const database_stats& stats) {
    const std::array pools{std::pair{"write", &stats.write}, std::pair{"read", &stats.read}};
    // Not the whole path: whoever may scrape need not know the directories of this machine.
    const auto file = std::filesystem::path(stats.database_path).filename().string();
    const auto with = [&](const char* type) { return labels{{"pool_type", type}, {"database_path", file}}; };
    const auto each = [&](const char* name, MetricType type, const char* help, auto value_of) {
        out.family(name, type, help);
        for (const auto& [kind, pool] : pools) out.series(number(value_of(*pool)), with(kind));
    };
    constexpr auto gauge = MetricType::Gauge, counter = MetricType::Counter;
    each("pool_max_open_connections", gauge, "Connections the pool may open.", [](auto& p) { return p.max_open; });
    each("pool_open_connections", gauge, "Connections open.", [](auto& p) { return p.open; });
    each("pool_in_use_connections", gauge, "Connections at work.", [](auto& p) { return p.in_use; });
    each("pool_idle_connections", gauge, "Connections without work.", [](auto& p) { return p.idle; });
    each("pool_waits_total", counter, "Jobs that found no free connection.", [](auto& p) { return p.wait_count; });
    each("pool_utilization_ratio", gauge, "Busy time over the last 10 s, divided by the connections it may open.",
         [](auto& p) { return p.utilization; });
    each("pool_exhaustion_episodes_total", counter, "Times that every connection was busy and a job waited too long.",
         [](auto& p) { return p.exhaustion_episodes; });
    out.family("pool_closed_connections_total", counter, "Connections closed, by reason.");
    for (const auto& [kind, pool] : pools) {
        const std::array reasons{std::pair{"max_idle", pool->closed_max_idle},
                                 std::pair{"idle_time", pool->closed_idle_time},
                                 std::pair{"lifetime", pool->closed_lifetime}};
        for (const auto& [reason, count] : reasons) {
            auto named = with(kind);
            named.push_back({"reason", reason});
            out.series(number(count), std::move(named));
        }
    }
    out.family("pool_wait_seconds", MetricType::Histogram, "How long each job waited for a connection.");
    for (const auto& [kind, pool] : pools) out.histogram(pool->waits, with(kind));
    each("page_cache_hits_total", counter, "Pages found in a page cache.", [](auto& p) { return p.cache.hits; });
    each("page_cache_misses_total", counter, "Pages read from the files.", [](auto& p) { return p.cache.misses; });
    each("page_cache_written_pages_total", counter, "Pages written to the WAL.",
         [](auto& p) { return p.cache.pages_written; });
    each("page_cache_bytes", gauge, "Memory of the page caches.", [](auto& p) { return p.cache.bytes; });
}

void add_writer(page& out, const writer_stats& writer) {
    out.counter("writer_jobs_total", number(writer.jobs), "Mutations run.");
    out.counter("writer_failed_jobs_total", number(writer.jobs_failed), "Mutations that left no trace.");
    out.counter("writer_batches_total", number(writer.batches), "Transactions committed.");
    out.counter("writer_reruns_total", number(writer.reruns), "Batches run again without a job that rolled them back.");
    out.gauge("writer_commit_sequence", number(writer.commit_sequence), "The last commit.");
    out.gauge("writer_queue_jobs", number(writer.queue_jobs), "Mutations waiting.");
    out.gauge("writer_queue_bytes", number(writer.queue_bytes), "Their payload.");
    out.gauge("writer_queue_age_seconds", writer.queue_age_seconds, "How long the oldest has waited.");
    out.counter("writer_execution_seconds_total", writer.execution_seconds_total, "Time in mutations.");
    out.histogram("writer_commit_seconds", writer.commits, "How long each COMMIT took.");
    out.counter("checkpoint_errors_total", number(writer.checkpoint_errors), "Checkpoints that failed.");
    out.counter("checkpoint_frames_total", number(writer.checkpoint_frames), "Frames copied into the database file.");
    out.histogram("checkpoint_seconds", writer.checkpoint_times, "How long each checkpoint took, failed ones too.");
    out.gauge("wal_bytes", number(writer.wal_bytes), "Size of the WAL.");
    out.gauge("writer_poisoned", writer.poisoned ? 1 : 0, "1 once a sync failed: no write is acknowledged any more.");
}

void add_readers(page& out, const reader_stats& readers) {
    out.counter("reader_jobs_total", number(readers.jobs), "Reads run.");
    out.counter("reader_failed_jobs_total", number(readers.jobs_failed), "Reads that failed.");
    out.counter("reader_snapshots_total", number(readers.batches), "Snapshots begun.");
    out.counter("reader_budget_overruns_total", number(readers.budget_overruns), "Reads a resident reader handed on.");
    out.counter("reader_known_deep_total", number(readers.known_deep), "Reads handed on at once, known to be deep.");
    out.counter("reader_steals_total", number(readers.steals), "Reads taken from another reader's queue.");
    out.counter("reader_interrupted_snapshots_total", number(readers.snapshots_interrupted),
                "Snapshots ended to let the WAL shrink.");
    out.gauge("reader_queue_jobs", number(readers.queue_jobs), "Reads waiting.");
    out.counter("reader_execution_seconds_total", readers.execution_seconds_total, "Time in reads.");
    out.gauge("reader_oldest_snapshot_seconds", readers.oldest_snapshot_seconds, "Age of the oldest snapshot.");
}

void add_jobs(page& out, const database_stats& stats) {
    out.counter("busy_seen_total", number(stats.busy_seen), "SQLITE_BUSY or SQLITE_LOCKED seen by any connection.");
    out.family("refused_jobs_total", MetricType::Counter, "Jobs refused at admission or dropped unrun, by reason.");
    out.series(number(stats.refused_overloaded), {{"reason", "overloaded"}});
    out.series(number(stats.refused_stopping), {{"reason", "stopping"}});
    out.series(number(stats.expired), {{"reason", "expired"}});
    out.counter("slow_jobs_total", number(stats.slow_jobs),
                "Jobs of the database that took longer than --slow-statement-ms.");
}

void add_times(page& out, const server_stats& stats) {
    out.family("http_request_duration_seconds", MetricType::Histogram,
               "From the first bytes of a request to those of its response, by route, method and class of status.");
    for (const auto& each : stats.times)
        out.histogram(stats.time_bounds, each.counts, each.seconds,
                      {{"route", std::string(each.route)},
                       {"method", std::string(each.method)},
                       {"code", std::string(1, each.status_class) + "xx"}});
}

void add_turned_away(page& out, const turned_away_totals& totals) {
    out.family("http_turned_away_connections_total", MetricType::Counter,
               "Connections over a limit, by what they were answered; none: closed at once.");
    out.series(number(totals.full), {{"code", "503"}});
    out.series(number(totals.of_address), {{"code", "429"}});
    out.series(number(totals.unanswered), {{"code", "none"}});
}

void add_ingest(page& out, const ingest_totals& totals) {
    out.counter("events_ingested_total", number(totals.stored), "Events stored by requests.");
    out.counter("events_ingested_bytes_total", number(totals.bytes), "Their bytes, unpacked.");
    out.counter("events_untimed_total", number(totals.untimed), "Of those, events with the time of their receipt.");
    out.counter("events_duplicate_total", number(totals.duplicates), "Events that were known by their identity.");
    out.counter("events_rejected_total", number(totals.rejected), "What came as events and is none.");
}

void add_events(page& out, const event_totals& events) {
    out.gauge("events_stored", number(events.events), "Events in segments.");
    out.family("event_segments", MetricType::Gauge, "Segments of events, by whether they have their full size.");
    out.series(number(events.segments - events.fresh_segments), {{"state", "sealed"}});
    out.series(number(events.fresh_segments), {{"state", "fresh"}});
    out.gauge("events_unsealed", number(events.fresh_events), "Events in segments that will be put together.");
    out.gauge("events_to_move", number(events.rows_left),
              "Events of version 0.1.0 that wait to be moved into segments.");
    out.gauge("sealing_lag_seconds", events.sealing_lag_seconds, "How long the first of them has waited for that.");
    out.gauge("oldest_event_timestamp_seconds", events.oldest, "Time of the oldest event; 0: there is none.");
    out.gauge("retention_seconds", events.retention_seconds, "Age at which events are deleted; 0: never.");
    out.gauge("retention_bytes", events.retention_bytes, "What segments may take; 0: anything.");
}

void add_build(page& out, std::string_view version) {
    out.family("build_info", MetricType::Gauge, "Always 1.");
    out.series(1, {{"version", std::string(version)}});
}

void add_process(page& out) {
    const auto now = process_now();
    const auto add = [&](const char* name, MetricType type, const char* help, std::optional<double> value) {
        if (!value) return;
        out.shared_family(name, type, help);
        out.series(*value);
    };
    add("process_cpu_seconds_total", MetricType::Counter, "Processor time.", now.cpu_seconds);
    add("process_resident_memory_bytes", MetricType::Gauge, "Memory in use.", now.resident_bytes);
    add("process_virtual_memory_bytes", MetricType::Gauge, "Address space.", now.virtual_bytes);
    add("process_start_time_seconds", MetricType::Gauge, "Start, since 1970.", now.start_seconds);
    add("process_open_fds", MetricType::Gauge, "Descriptors open.", now.descriptors);
    add("process_max_fds", MetricType::Gauge, "Descriptors that may be open.", now.descriptors_max);
    add("process_threads", MetricType::Gauge, "Threads.", now.threads);
}

void add_more(page& out, const std::vector<named_count>& more) {
    std::string_view family;
    for (const named_count& each : more) {
        const auto type = each.is_gauge ? MetricType::Gauge : MetricType::Counter;
        if (each.name != family) out.family(std::string(each.name), type, std::string(each.help));
        family = each.name;
        if (each.label.first.empty()) out.series(number(each.value), {});
        else out.series(number(each.value), {{std::string(each.label.first), std::string(each.label.second)}});
    }
}

}  // namespace

std::string exposition(const server_stats& stats) {
    page out;
    add_build(out, stats.version);
    add_process(out);
    add_pools(out, stats.database);
    add_writer(out, stats.database.writer);
    add_readers(out, stats.database.readers);
    add_jobs(out, stats.database);
    out.family("events_deleted_total", MetricType::Counter, "Events deleted, by what for.");
    out.series(number(stats.deleted_on_request), {{"reason", "request"}});
    out.series(number(stats.deleted_by_age), {{"reason", "age"}});
    out.series(number(stats.deleted_by_size), {{"reason", "size"}});
    out.counter("events_put_together_total", number(stats.put_together), "Events written again in larger segments.");
    add_ingest(out, stats.ingest);
    if (stats.events) add_events(out, *stats.events);
    if (stats.disk) {
        out.gauge("database_bytes", number(stats.disk->database_bytes), "Size of the database file.");
        out.gauge("disk_free_bytes", number(stats.disk->free_bytes), "What its file system has left.");
    }
    out.gauge("http_connections", number(stats.connections), "Sockets open.");
    add_turned_away(out, stats.turned_away);
    out.family("http_replies_total", MetricType::Counter, "Replies begun, by method and status.");
    for (const auto& each : stats.replies)
        out.series(number(each.count), {{"method", std::string(each.method)}, {"code", std::to_string(each.status)}});
    add_times(out, stats);
    add_more(out, stats.more);
    return out.text();
}

}  // namespace carrel::metrics
