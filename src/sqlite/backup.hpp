#pragma once

#include "sqlite/connection.hpp"

#include <carrel/error.hpp>
#include <carrel/stats.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace carrel::sqlite {

/// Copies the snapshot that `source` holds into a new file `target`, complete or not at all.
///
/// `source` is in a read transaction, so what others commit meanwhile neither restarts the copy nor shows in it; the
/// snapshot holds the WAL as any other does. The copy grows as `<target>.partial` (0600), is checked by quick_check and
/// synced, and then gets its name, which is synced too. It needs no WAL beside it. On failure and on stop the partial
/// file is removed; one that was left by a crash is replaced.
///
/// `stop` is asked between steps of some hundred pages, on the calling thread; true ends the copy with `errc::cancelled`.
/// Errors: `database_in_use` while another backup writes the same target, `invalid_option` if `target` exists, is empty, holds a NUL or begins with `file:`; `no_directory`; SQLite's
/// codes; the system's.
result<backup_report> backup(connection& source, const std::string& target, const std::function<bool()>& stop);

}  // namespace carrel::sqlite
