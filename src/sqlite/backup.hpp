#pragma once

#include "sqlite/backup_file.hpp"

#include <carrel/error.hpp>
#include <carrel/stats.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

struct sqlite3;

namespace carrel::sqlite {

/// How many pages are copied, of how many.
using page_progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Copies the snapshot that `source` holds into a new file `target`, complete or not at all; for a database that nobody serves.
///
/// `source` is in a read transaction, so what others commit meanwhile neither restarts the copy nor shows in it; the
/// snapshot holds the WAL as any other does. See `backup_file` for how the copy comes to be. It needs no WAL beside it.
///
/// `stop` and `progress` are called between steps of some hundred pages, on the calling thread; true ends the copy with
/// `errc::cancelled`. Either may be empty. Errors: those of `backup_file`; SQLite's codes; the system's.
result<backup_report> backup_snapshot(sqlite3* source, const std::string& target, const stop_test& stop,
                                      const page_progress& progress = {}, const copy_check& verify = {});

/// The same of a file that no server has, by whatever version of carrel it was written: as it lies there, with its WAL if it has
/// one. Neither is changed. The caller sees to it that nobody opens it meanwhile. `unseen` gets what belongs to the database and
/// cannot be read: without it commits may be missing. Errors: `not_a_database`; those of `backup_snapshot`.
result<backup_report> backup_unserved(const std::string& path, const std::string& target, const stop_test& stop,
                                      const page_progress& progress, const copy_check& verify,
                                      std::vector<std::string>& unseen);

}  // namespace carrel::sqlite
