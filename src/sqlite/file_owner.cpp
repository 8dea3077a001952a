#include "sqlite/file_owner.hpp"

#include "sqlite/failure_code.hpp"
#include "sqlite/open_mark.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace carrel::sqlite {
namespace {

constexpr std::string_view database_magic("SQLite format 3\0", 16);
constexpr std::string_view journal_magic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
constexpr std::size_t application_id_at = 68;
// Of a journal's header: records that are on the disk for certain, pages of the database before, bytes until the first record.
constexpr std::size_t journal_records_at = 8, journal_pages_at = 16, journal_sector_at = 20;
constexpr std::size_t schema_cells_at = 103;  // two bytes of page 1: the rows of the schema on it

using header = std::array<char, 108>;

std::int32_t number_at(const header& bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return static_cast<std::int32_t>(value);
}

bool starts_with(const header& bytes, std::string_view magic) {
    return std::string_view(bytes.data(), magic.size()) == magic;
}

bool has_bytes(const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

bool is_unmarked(const header& page) {
    return number_at(page, application_id_at) == 0 && number_at(page, user_version_at) == 0;
}

// A first page as every new database has it, whoever makes it.
bool holds_nothing(const header& page) {
    return starts_with(page, database_magic) && is_unmarked(page) && page[schema_cells_at] == 0 &&
           page[schema_cells_at + 1] == 0;
}

// A rollback journal that SQLite would play back.
struct hot_journal {
    header begin{};
    header first_page{};  // page 1 as it was, if it is the first record
    bool has_first_page = false;

    std::int32_t pages_before() const { return number_at(begin, journal_pages_at); }
};

// The journal itself has no POSIX locks to lose.
std::optional<hot_journal> read_hot_journal(const std::string& path) {
    const int fd = open((path + "-journal").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return std::nullopt;
    hot_journal found;
    std::array<char, 4 + sizeof(header)> record{};
    const auto got = pread(fd, found.begin.data(), found.begin.size(), 0);
    const auto got_record = pread(fd, record.data(), record.size(), number_at(found.begin, journal_sector_at));
    close(fd);
    if (got < 28 || !starts_with(found.begin, journal_magic)) return std::nullopt;
    constexpr std::string_view page_1("\0\0\0\1", 4);
    found.has_first_page = number_at(found.begin, journal_records_at) != 0 &&
                           got_record == static_cast<ssize_t>(record.size()) &&
                           std::string_view(record.data(), 4) == page_1;
    std::copy(record.begin() + 4, record.end(), found.first_page.begin());
    return found;
}

// Whether what SQLite makes of the file before anything else is an empty database. Without pages before, its making was
// interrupted, and SQLite empties it, whatever its first page holds now. One page is there once the file was made and its
// journal mode is being changed; a journal of which no record counts leaves the page as it is.
bool becomes_empty(const hot_journal& journal, const header& page) {
    if (journal.pages_before() == 0) return true;
    return journal.pages_before() == 1 && holds_nothing(journal.has_first_page ? journal.first_page : page);
}

struct close_database {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using database_handle = std::unique_ptr<sqlite3, close_database>;

struct schema_summary {
    int objects = 0;
    int own_tables = 0;
};

database_handle open_database(const std::string& name, int flags) {
    sqlite3* db = nullptr;
    sqlite3_open_v2(name.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    return database_handle(db);
}

error failure_of(sqlite3* db) {
    if (db == nullptr) return make_error_code(static_cast<sqlite_errc>(SQLITE_NOMEM));
    return {make_error_code(static_cast<sqlite_errc>(failure_code(db, sqlite3_extended_errcode(db)))),
            sqlite3_errmsg(db)};
}

result<schema_summary> summary_of(sqlite3* db) {
    sqlite3_stmt* query = nullptr;
    if (db == nullptr || sqlite3_errcode(db) != SQLITE_OK ||
        sqlite3_prepare_v2(db,
                           "SELECT count(*), count(*) FILTER (WHERE type = 'table' AND name IN ('carrel_migrations', "
                           "'carrel_commit')) FROM sqlite_schema",
                           -1, &query, nullptr) != SQLITE_OK)
        return failure_of(db);
    schema_summary found;
    const int rc = sqlite3_step(query);
    if (rc == SQLITE_ROW) found = {sqlite3_column_int(query, 0), sqlite3_column_int(query, 1)};
    sqlite3_finalize(query);
    if (rc != SQLITE_ROW) return failure_of(db);
    return found;
}

// Reads through the WAL with its index in memory: nothing is made beside the file, and nothing is moved into it at close.
result<schema_summary> read_with_wal(const std::string& path) {
    {
        const auto db = open_database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
        if (db) {
            sqlite3_db_config(db.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
            sqlite3_exec(db.get(), "PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=ON", nullptr, nullptr, nullptr);
        }
        auto found = summary_of(db.get());
        if (found || (found.error().code().value() & 0xff) != SQLITE_BUSY) return found;
    }
    // Another program has it open, so that the WAL's index is there already.
    const auto db = open_database(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW);
    if (db) sqlite3_busy_timeout(db.get(), 1'000);
    return summary_of(db.get());
}

result<schema_summary> read_alone(const std::string& path) {
    const auto db = open_database(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    return summary_of(db.get());
}

}  // namespace

std::string immutable_uri(const std::string& path) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : path) {
        if (c != '%' && c != '?' && c != '#') {
            uri.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        uri.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    return uri + "?immutable=1";
}

result<void> check_owner(int fd, const std::string& path) {
    header bytes{};
    const auto got = pread(fd, bytes.data(), bytes.size(), 0);
    if (got == 0) return {};
    const bool ours_by_id = number_at(bytes, application_id_at) == application_id;
    if (const auto journal = read_hot_journal(path)) {
        if (ours_by_id || becomes_empty(*journal, bytes)) return {};
        return error(errc::not_a_carrel_database, path + " has a rollback journal of another program");
    }
    if (got != static_cast<ssize_t>(bytes.size()) || !starts_with(bytes, database_magic))
        return error(errc::not_a_database, path);
    if (ours_by_id) return {};
    const auto found = has_bytes(path + "-wal") ? read_with_wal(path) : read_alone(path);
    if (!found) {
        if (found.error() == sqlite_errc::not_a_database) return error(errc::not_a_database, path);
        return found.error();
    }
    if (found->own_tables == 2 || (found->objects == 0 && is_unmarked(bytes))) return {};
    return error(errc::not_a_carrel_database, path);
}

}  // namespace carrel::sqlite
