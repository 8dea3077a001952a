#pragma once

struct sqlite3;

namespace carrel::sqlite {

/// Lets a fresh connection keep the index of its WAL in memory of its own, where SQLite would make a `-shm` file. It sees
/// no lock of others, and others see none of its read locks: only for a file that nobody writes, before the first
/// statement. False if the connection's file cannot be wrapped.
bool use_private_wal_index(sqlite3* db);

}  // namespace carrel::sqlite
