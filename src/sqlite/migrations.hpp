#pragma once

#include "sqlite/connection.hpp"
#include "sqlite/migration_report.hpp"

#include <carrel/error.hpp>
#include <carrel/options.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace carrel::sqlite {

/// SHA-256 over a migration's text, in hexadecimal.
std::string checksum_of(std::string_view sql);

/// Marks the file as carrel's, makes carrel's own tables, and brings it to the newest migration, each in one transaction
/// with its record. Nothing is begun if any text cannot be run as it stands. An error's diagnostic names the migration.
/// Errors: `migration_changed`, `newer_database`, `invalid_option` for numbers that are not 1, 2, 3 … or a text with a
/// NUL, SQLite's codes. `observe` is called with each one that is applied; it may be empty.
result<void> migrate(connection& writer, std::span<const migration> migrations, const migration_observer& observe = {});

/// The sequence of the last commit that the file holds.
result<std::uint64_t> last_commit(connection& writer);

}  // namespace carrel::sqlite
