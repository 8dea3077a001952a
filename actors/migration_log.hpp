#pragma once

#include "sqlite/connection.hpp"

#include <carrel/error.hpp>
#include <carrel/options.hpp>

namespace carrel::detail {

/// Brings the file to the newest migration of `settings`, and writes to their log when each one begins and ends, and how
/// long one has run every ten seconds. A file that is being made has nothing to wait for, and nothing is written. Errors:
/// those of `sqlite::migrate`.
result<void> migrate_with_log(sqlite::connection& writer, const options& settings);

}  // namespace carrel::detail
