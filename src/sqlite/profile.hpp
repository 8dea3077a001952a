#pragma once

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

enum class role { writer, reader };

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
};

/// The profile that `settings` ask for.
profile profile_of(const options& settings, role wanted);

/// Sets everything and reads it back; `errc::profile_mismatch` says what differed, `errc::invalid_option` which option
/// differs from what the file was made with.
result<void> apply_profile(sqlite3* db, const profile& wanted);

/// One difference between what was set and what the connection reads back; empty if there is none. Public for tests that
/// change a setting behind the connection's back.
std::string first_difference(sqlite3* db, const profile& wanted);

}  // namespace carrel::sqlite
