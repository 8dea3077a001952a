#include "sqlite/auto_vacuum.hpp"

#include <sqlite3.h>

namespace carrel::sqlite {

connect_hook incremental_at_next_vacuum() {
    return [](sqlite3* db, connection_role role) -> result<void> {
        if (role == connection_role::reader) return {};
        const int rc = sqlite3_exec(db, "PRAGMA auto_vacuum=INCREMENTAL", nullptr, nullptr, nullptr);
        if (rc == SQLITE_OK) return {};
        return error(make_error_code(static_cast<sqlite_errc>(rc)), sqlite3_errmsg(db));
    };
}

}  // namespace carrel::sqlite
