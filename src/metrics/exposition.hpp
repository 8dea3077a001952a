#pragma once

#include <carrel/stats.hpp>

#include <cstdint>
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

/// A counter of another part; those of one name follow each other.
struct named_count {
    std::string_view name, help;
    std::uint64_t value = 0;
    std::pair<std::string_view, std::string_view> label = {};  // empty: none
};

/// What a server is doing: its database's counters and its own.
struct server_stats {
    database_stats database;
    std::vector<reply_count> replies;
    std::uint64_t connections = 0;
    // Events deleted, by what for, and put together into larger segments.
    std::uint64_t deleted_on_request = 0, deleted_by_age = 0, deleted_by_size = 0, put_together = 0;
    std::vector<named_count> more;
};

/// All of it in Prometheus' text format 0.0.4: names begin with `carrel_`, units are seconds and bytes, series of a pool
/// carry `pool_type` (read or write) and `database_path`, the name of the file. Thread-safe.
std::string exposition(const server_stats& stats);

}  // namespace carrel::metrics
