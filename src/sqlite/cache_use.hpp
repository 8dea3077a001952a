#pragma once

#include <carrel/stats.hpp>

namespace carrel::sqlite {

class connection;

/// What a connection's page cache did since the last call, and the memory that it has at this moment. By the connection's
/// thread: SQLite counts by connection and without a lock.
page_cache_stats take_cache_use(connection& of) noexcept;

}  // namespace carrel::sqlite
