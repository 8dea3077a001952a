#pragma once

#include "sqlite/connection.hpp"

#include <carrel/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace carrel::sqlite {

/// Added to the file's user version while a writer has the file open. It is in the database file itself before anything
/// else is committed, and the WAL stays beside a file that bears it. So a marked file without a WAL is a copy of an open
/// database, or was left by one that lost its WAL: what was committed last may be missing.
inline constexpr std::int32_t open_mark = 1 << 16;

/// Where the file's header holds the user version, in four bytes, the highest first.
inline constexpr std::size_t user_version_at = 60;
using user_version_bytes = std::array<unsigned char, 4>;
constexpr bool bears_open_mark(const user_version_bytes& bytes) noexcept { return (bytes[1] & 1) != 0; }
constexpr void remove_open_mark(user_version_bytes& bytes) noexcept { bytes[1] &= 0xfe; }

/// What is said of a marked file at `path` that has no WAL.
std::string missing_wal_text(const std::string& path);

/// Whether a WAL lies beside `path`, be it empty. Errors: std::bad_alloc.
bool has_wal(const std::string& path);

/// When the WAL beside `path` was last written, in microseconds since 1970; 0 if there is none.
std::int64_t wal_time(const std::string& path);

result<bool> bears_open_mark(connection& writer);
/// Marks the file; the next checkpoint brings the mark into the database file. Outside any transaction; the connection's end
/// keeps the WAL from then on.
result<void> set_open_mark(connection& writer);
/// Takes the mark away; the next checkpoint takes it out of the database file. The connection's end may remove the WAL
/// again.
result<void> clear_open_mark(connection& writer);
/// The connection's end leaves the WAL as it is.
void keep_wal(connection& writer) noexcept;

}  // namespace carrel::sqlite
