#pragma once

#include "sqlite/connection.hpp"

#include <carrel/error.hpp>

#include <string_view>

namespace carrel::sqlite {

/// Runs the statements of a migration's text, one after the other, inside the transaction that the caller began. An
/// authorizer refuses what would end that transaction, reach another file, or change a setting or carrel's own tables.
/// Errors: SQLite's codes; `SQLITE_AUTH` says which statement was refused.
result<void> run_script(connection& writer, std::string_view text);

}  // namespace carrel::sqlite
