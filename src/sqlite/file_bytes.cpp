#include "sqlite/file_bytes.hpp"

#include <sqlite3.h>

namespace carrel::sqlite {

result<std::string> file_bytes(connection& of, std::uint64_t at, std::size_t bytes) {
    std::string text(bytes, '\0');
    sqlite3_file* file = nullptr;
    int rc = sqlite3_file_control(of.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc == SQLITE_OK)
        rc = file->pMethods->xRead(file, text.data(), static_cast<int>(bytes), static_cast<sqlite3_int64>(at));
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) return of.failure(rc);
    return text;
}

}  // namespace carrel::sqlite
