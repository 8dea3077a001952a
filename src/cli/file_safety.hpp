#pragma once

#include <string>
#include <vector>

// Files that strangers could change are not used: what is in them would be theirs.
namespace carrel::cli {

/// Why a settings file may not be trusted, as a clause about it: it belongs to another user, or others may write it.
/// Empty if it may, or is not there.
std::string unsafe_settings(const std::string& path);

/// The same of a private key, which others must not even read; the clause names the path.
std::string unsafe_key(const std::string& path);

/// The exit status for a file with a secret that could not be used: it is open to others or may not be read, or it is missing or
/// holds something else.
int status_of_secret(const std::string& path);

/// Those of a database, its WAL and its shared memory that others may use, each with its mode; the latter two only where they are
/// wider than the database.
std::vector<std::string> database_files_open_to_others(const std::string& path);

/// The same of a database and of its directory; the clause names which. A directory in which only the owner of a file may
/// replace it (as in /tmp) will do.
std::string unsafe_database(const std::string& path);

/// The one of these files that `path` leads to, whatever it is called there; empty if it is none of them. Files that are not there
/// yet are compared by their paths.
std::string same_file(const std::string& path, const std::vector<std::string>& files);

}  // namespace carrel::cli
