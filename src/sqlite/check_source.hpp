#pragma once

#include <carrel/error.hpp>

#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace carrel::sqlite {

struct close_database {
    void operator()(sqlite3* db) const noexcept;
};
using database_handle = std::unique_ptr<sqlite3, close_database>;

/// A connection that reads a database as it lies there, without making or changing a file.
struct check_source {
    database_handle db;
    bool unlocked = false;            // others do not see that it reads, nor it that they write
    std::vector<std::string> unseen;  // what belongs to the database and cannot be read
};

/// Chooses how `path` can be read: through the WAL and the index that are there, through the WAL with an index in memory
/// if there is none, or alone. Errors: SQLite's codes.
result<check_source> open_for_check(const std::string& path);

/// Whether a WAL's index lies beside `path`: somebody has opened it since, if there was none before.
bool is_in_use(const std::string& path);

}  // namespace carrel::sqlite
