#pragma once

#include <carrel/error.hpp>
#include <carrel/options.hpp>

#include <cstddef>
#include <span>
#include <string>

struct sqlite3;

namespace carrel::sqlite {

/// "migration 3 (notes)".
std::string named(const migration& one);

/// How many of `migrations` an open database records; they are the first ones. A database without a record has none.
/// Errors: `newer_database` if it records one that is not among them, `migration_changed` if it records another text
/// or leaves one out; the diagnostic names what the file has and what the program has. SQLite's codes.
result<std::size_t> applied_of(sqlite3* db, std::span<const migration> migrations);

/// The same of the file at `path`, WAL included, and of carrel's own format, before anything opens it to write. Changes
/// neither the file nor its WAL and makes no file beside it. What cannot be read counts as having none: whoever opens
/// it says why.
/// Errors: `newer_database`, `migration_changed`.
result<std::size_t> check_versions(const std::string& path, std::span<const migration> migrations);

}  // namespace carrel::sqlite
