#include "sqlite/check.hpp"

#include "sqlite/check_source.hpp"
#include "sqlite/failure_code.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>

namespace carrel::sqlite {
namespace {

constexpr std::size_t findings_max = 100;

error failure_of(sqlite3* db) {
    return {make_error_code(static_cast<sqlite_errc>(failure_code(db, sqlite3_extended_errcode(db)))),
            sqlite3_errmsg(db)};
}

// SQLite does not tell how far a check is; tables and indexes checked one by one do.
result<std::vector<std::string>> tables_of(sqlite3* db) {
    std::vector<std::string> names;
    sqlite3_stmt* list = nullptr;
    if (sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage > 0 ORDER BY rootpage",
                           -1, &list, nullptr) != SQLITE_OK)
        return failure_of(db);
    int rc = SQLITE_ROW;
    while ((rc = sqlite3_step(list)) == SQLITE_ROW) {
        const auto* name = reinterpret_cast<const char*>(sqlite3_column_text(list, 0));
        if (name == nullptr) break;
        names.emplace_back(name);
    }
    result<void> done;
    if (rc == SQLITE_ROW) done = error(make_error_code(sqlite_errc::nomem));
    else if (rc != SQLITE_DONE) done = failure_of(db);
    sqlite3_finalize(list);
    if (!done) return done.error();
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
        const std::string row = text == nullptr ? sqlite3_errmsg(db) : text;
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

result<void> each_row(sqlite3* db, const std::string& sql, const std::function<bool(const check_row&)>& visit) {
    sqlite3_stmt* rows = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &rows, nullptr) != SQLITE_OK) return failure_of(db);
    int rc = SQLITE_ROW;
    bool goes_on = true;
    while (goes_on && (rc = sqlite3_step(rows)) == SQLITE_ROW) goes_on = visit(check_row(rows));
    result<void> done;
    // A value for which there was no memory looked empty.
    if ((rc != SQLITE_ROW && rc != SQLITE_DONE) || sqlite3_errcode(db) == SQLITE_NOMEM) done = failure_of(db);
    sqlite3_finalize(rows);
    return done;
}

result<void> run_inspector(const check_inspector& inspect, sqlite3* db, check_report& report) {
    if (!inspect || !report.findings.empty()) return {};
    auto done = inspect([db](const auto& sql, const auto& visit) { return each_row(db, sql, visit); }, report.findings);
    if (report.findings.size() > findings_max) report.findings.resize(findings_max);
    return done;
}

// Damage that keeps the schema from being read is a finding, like any other.
result<void> check_contents(const check_source& source, const std::function<void(double)>& progress,
                            check_report& report) {
    auto* const db = source.db.get();
    auto tables = tables_of(db);
    if (!tables) {
        if ((tables.error().code().value() & 0xff) != SQLITE_CORRUPT) return tables.error();
        report.findings.push_back(tables.error().diagnostic());
        return {};
    }
    const double steps = static_cast<double>(tables->size() + 2);
    double done = 0;
    for (const auto& table : *tables) {
        if (progress) progress(done++ / steps);
        if (report.findings.size() < findings_max)
            collect(db, "PRAGMA integrity_check(" + quoted_name(table) + ")", true, report.findings);
    }
    if (progress) progress(done++ / steps);
    if (report.findings.empty()) collect(db, "PRAGMA integrity_check", true, report.findings);
    if (progress) progress(done / steps);
    if (report.findings.empty()) collect(db, "PRAGMA foreign_key_check", false, report.findings);
    return {};
}

}  // namespace

value_type check_row::type(int column) const noexcept {
    return static_cast<value_type>(sqlite3_column_type(row_, column));
}

std::int64_t check_row::integer(int column) const noexcept { return sqlite3_column_int64(row_, column); }

std::string_view check_row::bytes(int column) const noexcept {
    const auto* from = static_cast<const char*>(sqlite3_column_blob(row_, column));
    return from == nullptr ? std::string_view()
                           : std::string_view(from, static_cast<std::size_t>(sqlite3_column_bytes(row_, column)));
}

result<check_report> check_file(const std::string& path, std::function<void(double)> progress,
                                const check_inspector& inspect) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return error(errc::not_a_database, path);
    const std::string plain = path.starts_with('/') ? path : "./" + path;  // never a URI
    for (;;) {
        auto source = open_for_check(plain);
        if (!source) return source.error();
        check_report report{.ok = false, .findings = {}, .unseen = std::move(source->unseen)};
        auto checked = check_contents(*source, progress, report);
        if (checked) checked = run_inspector(inspect, source->db.get(), report);
        if (!checked) {
            if ((checked.error().code().value() & 0xff) == SQLITE_NOTADB) return error(errc::not_a_database, path);
            return checked.error();
        }
        // A server was started meanwhile: what was read without its locks may have been half written.
        if (source->unlocked && is_in_use(plain)) continue;
        if (progress) progress(1);
        report.ok = report.findings.empty();
        return report;
    }
}

result<std::vector<std::string>> inspect_file(const std::string& path, const check_inspector& inspect) {
    auto source = open_for_check(path.starts_with('/') ? path : "./" + path);
    if (!source) return source.error();
    check_report report;
    if (auto done = run_inspector(inspect, source->db.get(), report); !done) return done.error();
    return std::move(report.findings);
}

}  // namespace carrel::sqlite
