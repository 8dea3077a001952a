#pragma once

#include <carrel/error.hpp>

#include <string>

namespace carrel::sqlite {

/// Makes a directory (0700) for one `:memory:` database, on tmpfs where there is one.
result<std::string> make_private_directory();

/// Removes the private directories of this user that no process holds the lock of any more: what `kill -9` left.
void remove_ownerless_directories();

/// The file of a private directory, and its lock beside it, which dies with the process.
std::string private_file(const std::string& directory);

/// Removes the file whose name is both; needs no memory.
void remove_file(const std::string& path, const char* rest) noexcept;
/// Removes the file `path`, its WAL, its journal and its shared memory, those that are there. Allocates nothing.
void remove_database_files(const std::string& path) noexcept;
/// Removes a private directory and what SQLite made in it. Allocates nothing.
void remove_private_directory(const std::string& directory) noexcept;

}  // namespace carrel::sqlite
