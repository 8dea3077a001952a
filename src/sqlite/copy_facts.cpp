#include "sqlite/copy_facts.hpp"

#include "sqlite/file_owner.hpp"
#include "sqlite/open_mark.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>

namespace carrel::sqlite {
namespace {

struct close_database {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};

error failure_of(sqlite3* db, int rc) {
    return {make_error_code(static_cast<sqlite_errc>(rc)), db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc)};
}

// The first column of the first row.
result<std::string> first_text(sqlite3* db, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, nullptr);
    if (rc == SQLITE_OK) rc = sqlite3_step(statement);
    const auto* text = rc == SQLITE_ROW ? reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)) : nullptr;
    const std::optional<std::string> found = text != nullptr ? std::optional<std::string>(text) : std::nullopt;
    const auto failed = failure_of(db, rc);
    sqlite3_finalize(statement);
    if (found) return *found;
    return rc == SQLITE_DONE || rc == SQLITE_ROW
               ? error(make_error_code(sqlite_errc::corrupt), std::string(sql) + ": nothing")
               : failed;
}

result<std::uint64_t> first_number(sqlite3* db, const char* sql) {
    const auto text = first_text(db, sql);
    if (!text) return text.error();
    return std::strtoull(text->c_str(), nullptr, 10);
}

}  // namespace

result<copy_facts> read_copy(const std::string& path, bool checks) {
    sqlite3* opened = nullptr;
    const int rc =
        sqlite3_open_v2(immutable_uri(path).c_str(), &opened,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    const std::unique_ptr<sqlite3, close_database> db(opened);
    if (rc != SQLITE_OK) return failure_of(opened, rc);
    if (checks) {
        const auto found = first_text(opened, "PRAGMA quick_check(1)");
        if (!found) return found.error();
        if (*found != "ok") return error(make_error_code(sqlite_errc::corrupt), path + ": " + *found);
    }
    copy_facts facts;
    const auto sequence = first_number(opened, "SELECT sequence FROM carrel_commit");
    if (!sequence) return sequence.error();
    const auto page_bytes = first_number(opened, "PRAGMA page_size");
    if (!page_bytes) return page_bytes.error();
    const auto pages = first_number(opened, "PRAGMA page_count");
    if (!pages) return pages.error();
    return copy_facts{*sequence, *page_bytes, *pages};
}

result<void> unmark_copy(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return error(error_code(errno, boost::system::system_category()), path);
    user_version_bytes version{};
    const auto size = static_cast<ssize_t>(version.size());
    bool is_done = pread(fd, version.data(), version.size(), user_version_at) == size;
    remove_open_mark(version);
    is_done = is_done && pwrite(fd, version.data(), version.size(), user_version_at) == size;
    const int number = errno;
    close(fd);
    if (!is_done) return error(error_code(number, boost::system::system_category()), path);
    return {};
}

}  // namespace carrel::sqlite
