#pragma once

#include <cstddef>
#include <string>

namespace carrel::cli {

/// Copies the database at `path` into a private directory below `directory`, applies to the copy what `carrel migrate`
/// would apply, checks it, prints what became of it, and removes it. The database may be in use and stays as it is.
/// `pending` is how many that should be. Returns the exit status.
int try_migrations(const std::string& path, const std::string& directory, std::size_t pending);

}  // namespace carrel::cli
