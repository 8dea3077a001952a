#include "sqlite/copy_facts.hpp"

#include "sqlite/file_owner.hpp"

#include <sqlite3.h>

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

result<copy_facts> read_copy(const std::string& path) {
    sqlite3* opened = nullptr;
    const int rc =
        sqlite3_open_v2(immutable_uri(path).c_str(), &opened,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    const std::unique_ptr<sqlite3, close_database> db(opened);
    if (rc != SQLITE_OK) return failure_of(opened, rc);
    copy_facts facts;
    const auto sequence = first_number(opened, "SELECT sequence FROM carrel_commit");
    if (!sequence) return sequence.error();
    const auto page_bytes = first_number(opened, "PRAGMA page_size");
    if (!page_bytes) return page_bytes.error();
    const auto pages = first_number(opened, "PRAGMA page_count");
    if (!pages) return pages.error();
    return copy_facts{*sequence, *page_bytes, *pages};
}

}  // namespace carrel::sqlite
