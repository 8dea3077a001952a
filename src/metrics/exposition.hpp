#pragma once

#include <carrel/stats.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carrel::metrics {

/// Replies of one method and status.
struct reply_count {
    std::string_view method;
    unsigned short status = 0;
    std::uint64_t count = 0;
};

/// How long responses took: of one route, method and class of status.
struct response_time {
    std::string_view route, method;
    char status_class = '2';
    std::vector<std::uint64_t> counts;  // by `bounds`, and one more for the rest
    double seconds = 0;
};

/// What has come in as events by requests.
struct ingest_totals {
    std::uint64_t stored = 0, bytes = 0, untimed = 0, duplicates = 0, rejected = 0;
};

/// Connections that were turned away before a request was read: answered 503 or 429, or closed at once.
struct turned_away_totals {
    std::uint64_t full = 0, of_address = 0, unanswered = 0;
};

/// What the files take, and what the disk has left. Nothing for a database in memory.
struct disk_space {
    std::uint64_t database_bytes = 0, free_bytes = 0;
};

/// What there is of events, as the keeper last counted it. Times are seconds since 1970; 0: none.
struct event_totals {
    std::uint64_t segments = 0, events = 0, fresh_segments = 0, fresh_events = 0, rows_left = 0;
    double oldest = 0, sealing_lag_seconds = 0;
    double retention_seconds = 0, retention_bytes = 0;  // 0: all is kept
};

/// A counter of another part; those of one name follow each other.
struct named_count {
    std::string_view name, help;
    std::uint64_t value = 0;
    std::pair<std::string_view, std::string_view> label = {};  // empty: none
    bool is_gauge = false;
};

/// What a server is doing: its database's counters and its own.
struct server_stats {
    std::string_view version;
    database_stats database;
    std::vector<reply_count> replies;
    std::span<const double> time_bounds;  // of `times`, in seconds
    std::vector<response_time> times;
    ingest_totals ingest;
    std::optional<disk_space> disk;
    std::optional<event_totals> events;
    std::uint64_t connections = 0;
    turned_away_totals turned_away;
    // Events deleted, by what for, and put together into larger segments.
    std::uint64_t deleted_on_request = 0, deleted_by_age = 0, deleted_by_size = 0, put_together = 0;
    std::vector<named_count> more;
};

/// All of it in Prometheus' text format 0.0.4: names begin with `carrel_`, units are seconds and bytes, series of a pool
/// carry `pool_type` (read or write) and `database_path`, the name of the file. Thread-safe.
std::string exposition(const server_stats& stats);

}  // namespace carrel::metrics
