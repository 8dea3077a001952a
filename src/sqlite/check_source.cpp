#include "sqlite/check_source.hpp"

#include "sqlite/file_owner.hpp"
#include "sqlite/open_mark.hpp"
#include "sqlite/private_wal_index.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace carrel::sqlite {
namespace {

// In the file's header.
constexpr int versions_at = 18;  // write and read version, 2 for a file in WAL mode
constexpr int application_id_at = 68;

result<database_handle> open(const std::string& name, int flags) {
    sqlite3* opened = nullptr;
    const int rc =
        sqlite3_open_v2(name.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE | flags, nullptr);
    database_handle db(opened);
    if (rc != SQLITE_OK)
        return error(make_error_code(static_cast<sqlite_errc>(rc)), db ? sqlite3_errmsg(opened) : name);
    sqlite3_busy_timeout(opened, 5'000);
    return db;
}

// Through SQLite's own descriptor: closing another one would drop the locks of this process. Zeros if there is no header.
template <std::size_t bytes>
std::array<unsigned char, bytes> header_at(sqlite3* db, sqlite3_int64 at) {
    sqlite3_file* file = nullptr;
    std::array<unsigned char, bytes> read{};
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
        file->pMethods == nullptr || file->pMethods->xRead(file, read.data(), bytes, at) != SQLITE_OK)
        return {};
    return read;
}

bool is_in_wal_mode(sqlite3* db) { return header_at<2>(db, versions_at)[1] == 2; }

bool was_left_open(sqlite3* db) {
    const auto id = header_at<4>(db, application_id_at);
    const auto number = std::uint32_t{id[0]} << 24 | std::uint32_t{id[1]} << 16 | std::uint32_t{id[2]} << 8 | id[3];
    return number == std::uint32_t{application_id} && bears_open_mark(header_at<4>(db, user_version_at));
}

enum class presence { absent, readable, unreadable };

presence presence_of(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return presence::absent;
    return S_ISREG(info.st_mode) && access(path.c_str(), R_OK) == 0 ? presence::readable : presence::unreadable;
}

}  // namespace

void close_database::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }

bool is_in_use(const std::string& path) { return presence_of(path + "-shm") == presence::readable; }

result<check_source> open_for_check(const std::string& path) {
    auto alone = open(immutable_uri(path), SQLITE_OPEN_URI);
    if (!alone) return alone.error();
    const bool in_wal_mode = is_in_wal_mode(alone->get());
    const auto wal = presence_of(path + "-wal");
    const auto index = presence_of(path + "-shm");
    if (!in_wal_mode || (wal == presence::readable && index != presence::absent)) {
        auto shared = open(path, 0);
        if (!shared) return shared.error();
        return check_source{std::move(*shared), false, {}};
    }
    if (wal == presence::readable) {
        auto with_wal = open(path, 0);
        if (!with_wal) return with_wal.error();
        sqlite3_db_config(with_wal->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        if (!use_private_wal_index(with_wal->get()))
            return error(make_error_code(static_cast<sqlite_errc>(SQLITE_CANTOPEN)), path + "-wal");
        return check_source{std::move(*with_wal), true, {}};
    }
    check_source source{std::move(*alone), index == presence::absent, {}};
    if (wal == presence::unreadable) source.unseen.push_back(path + "-wal is there but cannot be read");
    else if (index != presence::absent)
        source.unseen.push_back(path + "-wal is missing, though " + path + "-shm is there");
    else if (was_left_open(source.db.get())) source.unseen.push_back(missing_wal_text(path));
    return source;
}

}  // namespace carrel::sqlite
