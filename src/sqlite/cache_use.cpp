#include "sqlite/cache_use.hpp"

#include "sqlite/connection.hpp"

#include <sqlite3.h>

namespace carrel::sqlite {

page_cache_stats take_cache_use(connection& of) noexcept {
    const auto take = [&](int what, bool resets) -> std::uint64_t {
        int now = 0, highest = 0;
        if (sqlite3_db_status(of.handle(), what, &now, &highest, resets ? 1 : 0) != SQLITE_OK || now < 0) return 0;
        return static_cast<std::uint64_t>(now);
    };
    return {.hits = take(SQLITE_DBSTATUS_CACHE_HIT, true),
            .misses = take(SQLITE_DBSTATUS_CACHE_MISS, true),
            .pages_written = take(SQLITE_DBSTATUS_CACHE_WRITE, true),
            .bytes = take(SQLITE_DBSTATUS_CACHE_USED, false)};
}

}  // namespace carrel::sqlite
