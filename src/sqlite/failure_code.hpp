#pragma once

#include <sqlite3.h>

namespace carrel::sqlite {

/// The extended code of what failed with `rc`, a code that a call with `db` has just returned. SQLITE_FULL where a write found no
/// room: SQLite says so of ENOSPC alone, and calls a lack of room for the index of the WAL, or beyond a quota or the limit of a
/// file's size, an error of input and output. To be called on the thread of the call, before anything else.
int failure_code(sqlite3* db, int rc) noexcept;

}  // namespace carrel::sqlite
