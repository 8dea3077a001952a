#include "sqlite/check.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>

namespace carrel::sqlite {
namespace {

constexpr std::size_t findings_max = 100;

struct close_database {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using database_handle = std::unique_ptr<sqlite3, close_database>;

error failure_of(sqlite3* db) {
    return {make_error_code(static_cast<sqlite_errc>(sqlite3_extended_errcode(db))), sqlite3_errmsg(db)};
}

// SQLite does not tell how far a check is; tables and indexes checked one by one do.
result<std::vector<std::string>> tables_of(sqlite3* db) {
    std::vector<std::string> names;
    sqlite3_stmt* list = nullptr;
    if (sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage > 0 ORDER BY rootpage",
                           -1, &list, nullptr) != SQLITE_OK)
        return failure_of(db);
    while (sqlite3_step(list) == SQLITE_ROW)
        names.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(list, 0)));
    sqlite3_finalize(list);
    return names;
}

void collect(sqlite3* db, const std::string& sql, bool ok_row_means_fine, std::vector<std::string>& findings) {
    sqlite3_stmt* check = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &check, nullptr) != SQLITE_OK) {
        findings.emplace_back(sqlite3_errmsg(db));
        return;
    }
    int rc = SQLITE_ROW;
    while (findings.size() < findings_max && (rc = sqlite3_step(check)) == SQLITE_ROW) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(check, 0));
        const std::string row = text == nullptr ? "" : text;
        if (ok_row_means_fine) {
            if (row != "ok") findings.push_back(row);
        } else {
            findings.push_back("foreign key violated in table " + row);
        }
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) findings.emplace_back(sqlite3_errmsg(db));
    sqlite3_finalize(check);
}

std::string quoted_name(const std::string& name) {
    std::string out = "\"";
    for (char c : name) out.append(c == '"' ? 2 : 1, c);
    return out + "\"";
}

}  // namespace

result<check_report> check_file(const std::string& path, std::function<void(double)> progress) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return error(errc::not_a_database, path);
    const std::string plain = path.starts_with('/') ? path : "./" + path;  // never a URI
    sqlite3* opened = nullptr;
    const int rc = sqlite3_open_v2(plain.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE, nullptr);
    database_handle db(opened);
    if (rc != SQLITE_OK) return failure_of(opened);
    sqlite3_busy_timeout(opened, 5'000);
    auto tables = tables_of(opened);
    check_report report;
    if (!tables) {
        const auto code = tables.error().code().value() & 0xff;
        if (code == SQLITE_NOTADB) return error(errc::not_a_database, path);
        if (code != SQLITE_CORRUPT) return tables.error();
        report.findings.push_back(tables.error().diagnostic());
        return report;
    }
    const double steps = static_cast<double>(tables->size() + 2);
    double done = 0;
    for (const auto& table : *tables) {
        if (progress) progress(done++ / steps);
        if (report.findings.size() < findings_max)
            collect(opened, "PRAGMA integrity_check(" + quoted_name(table) + ")", true, report.findings);
    }
    if (progress) progress(done++ / steps);
    if (report.findings.empty()) collect(opened, "PRAGMA integrity_check", true, report.findings);
    if (progress) progress(done / steps);
    if (report.findings.empty()) collect(opened, "PRAGMA foreign_key_check", false, report.findings);
    if (progress) progress(1);
    report.ok = report.findings.empty();
    return report;
}

}  // namespace carrel::sqlite
