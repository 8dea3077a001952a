#pragma once

#include "sqlite/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace carrel::sqlite {

/// Bytes of the database file itself, without what the WAL holds, from `at` on; zeros beyond its end. Through the connection's own
/// descriptor: to close another one would let go of SQLite's locks. Errors also: std::bad_alloc.
result<std::string> file_bytes(connection& of, std::uint64_t at, std::size_t bytes);

}  // namespace carrel::sqlite
