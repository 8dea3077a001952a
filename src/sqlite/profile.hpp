#pragma once

#include "sqlite/functions.hpp"

#include <carrel/error.hpp>
#include <carrel/options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct sqlite3;

namespace carrel::sqlite {

class query_registry;
using role = connection_role;

/// What is set on every connection when it opens, re-open included, and read back before it is used.
struct profile {
    sqlite::role role = role::reader;
    durability default_durability = durability::full;
    std::chrono::milliseconds busy_timeout{5'000};
    std::size_t page_cache_kib = 8'192;
    std::size_t value_bytes_max = 64u << 20;
    std::size_t statement_cache = 256;
    std::optional<std::size_t> page_size = {};    // writer only
    std::optional<vacuum_mode> auto_vacuum = {};  // writer only
    std::span<const text_function> functions;
    std::vector<scalar_function> scalar_functions;
    std::vector<collation> collations;
    connect_hook on_connect;
    std::chrono::milliseconds slow_statement_time{0};  // 0: no job is
    log_sink log;
    slow_query_sink on_slow;
    query_registry* queries = nullptr;  // may be null; must outlive the connection
};

/// The profile that `settings` ask for.
profile profile_of(const options& settings, role wanted);

/// Sets everything, calls the host's hook and reads all back; `errc::profile_mismatch` says what differed. `failures`
/// takes what a collation threw. `wanted` and `failures` must outlive the connection.
result<void> apply_profile(sqlite3* db, const profile& wanted, host_failures& failures);

/// One difference between what was set and what the connection reads back; empty if there is none. Public for tests that
/// change a setting behind the connection's back.
std::string first_difference(sqlite3* db, const profile& wanted);

}  // namespace carrel::sqlite
