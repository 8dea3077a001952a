#include "sqlite/failure_code.hpp"

#include <cerrno>

namespace carrel::sqlite {

namespace {

// The number is the WAL's, then the database's.
bool is_beyond_a_limit(sqlite3* db) noexcept {
    int number = 0;
    sqlite3_file* log = nullptr;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != nullptr &&
        log->pMethods != nullptr)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    if (number == EFBIG || number == EDQUOT) return true;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    return number == EFBIG || number == EDQUOT;
}

// No file remembers why the index could not be made longer.
bool has_no_room_for_index(sqlite3* db) noexcept {
    const int number = sqlite3_system_errno(db);
    return number == ENOSPC || number == EFBIG || number == EDQUOT;
}

}  // namespace

int failure_code(sqlite3* db, int rc) noexcept {
    const int code = rc == (sqlite3_errcode(db) & 0xff) ? sqlite3_extended_errcode(db) : rc;
    if (code == SQLITE_IOERR_SHMSIZE && has_no_room_for_index(db)) return SQLITE_FULL;
    if (code == SQLITE_IOERR_WRITE && is_beyond_a_limit(db)) return SQLITE_FULL;
    return code;
}

}  // namespace carrel::sqlite
