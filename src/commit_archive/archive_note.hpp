#pragma once

#include <carrel/error.hpp>

#include <string>

// Where a database was archived last, in a file beside it. So an archive that is away at a start, such as one whose disk is not mounted
// yet, is distinguished from one that is to be begun.
namespace carrel::commits {

/// Of the database at the path `database`.
std::string archive_note_path(const std::string& database);

/// Notes that `database` is archived to `directory`, on stable storage. Errors: the system's, with the path.
result<void> note_archive(const std::string& database, const std::string& directory);

/// Whether `database` was archived to `directory`, and no archive is there now: the directory is missing, or has neither the lock of one
/// nor a generation. Errors: the system's, with the path, if the note cannot be read.
result<bool> is_noted_archive_missing(const std::string& database, const std::string& directory);

}  // namespace carrel::commits
