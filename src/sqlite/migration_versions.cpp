#include "sqlite/migration_versions.hpp"

#include "sqlite/check_source.hpp"
#include "sqlite/failure_code.hpp"
#include "sqlite/file_owner.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/open_mark.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <memory>
#include <optional>

namespace carrel::sqlite {
namespace {

struct finalize_statement {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using statement_handle = std::unique_ptr<sqlite3_stmt, finalize_statement>;

error failure_of(sqlite3* db) {
    return {make_error_code(static_cast<sqlite_errc>(failure_code(db, sqlite3_extended_errcode(db)))),
            sqlite3_errmsg(db)};
}

result<statement_handle> prepared(sqlite3* db, const char* sql) {
    sqlite3_stmt* made = nullptr;
    const int rc = sqlite3_prepare_v2(db, sql, -1, &made, nullptr);
    statement_handle statement(made);
    if (rc != SQLITE_OK) return failure_of(db);
    return statement;
}

result<std::int64_t> integer_of(sqlite3* db, const char* sql) {
    auto query = prepared(db, sql);
    if (!query) return query.error();
    if (sqlite3_step(query->get()) != SQLITE_ROW) return failure_of(db);
    return sqlite3_column_int64(query->get(), 0);
}

std::string text_at(sqlite3_stmt* row, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    return text == nullptr ? std::string() : text;
}

// Of a digest as much as tells two apart.
std::string short_digest(const std::string& digest) { return digest.substr(0, 12); }

std::string newest_of(std::span<const migration> migrations) {
    return migrations.empty() ? "knows none" : "knows them to " + named(migrations.back());
}

struct recorded {
    std::int64_t number;
    std::string name, digest;

    std::string text() const { return "migration " + std::to_string(number) + " (" + name + ")"; }
};

error newer(const recorded& newest, std::span<const migration> migrations) {
    return {errc::newer_database, "the file is at " + newest.text() + ", the program " + newest_of(migrations)};
}

// The file's next one against the program's.
result<void> compare(const recorded& has, const migration& wanted, const std::string& digest) {
    if (has.number == wanted.number && has.digest == digest) return {};
    return error(errc::migration_changed, "the file has " + has.text() + " with digest " + short_digest(has.digest) +
                                              ", the program " + named(wanted) + " with digest " +
                                              short_digest(digest));
}

result<void> check_format(sqlite3* db) {
    auto version = integer_of(db, "PRAGMA user_version");
    auto id = integer_of(db, "PRAGMA application_id");
    if (!version || !id) return version ? id.error() : version.error();
    const auto format = *version & ~std::int64_t{open_mark};
    if (*id != application_id || format <= format_version) return {};
    return error(errc::newer_database, "the file has format " + std::to_string(format) + ", the program knows " +
                                           std::to_string(format_version));
}

}  // namespace

std::string named(const migration& one) {
    return "migration " + std::to_string(one.number) + " (" + std::string(one.name) + ")";
}

result<std::size_t> applied_of(sqlite3* db, std::span<const migration> migrations) {
    auto tables = integer_of(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'carrel_migrations'");
    if (!tables) return tables.error();
    if (*tables == 0) return std::size_t{0};
    auto rows = prepared(db, "SELECT number, name, checksum FROM carrel_migrations ORDER BY number");
    if (!rows) return rows.error();
    std::optional<error> changed;
    std::optional<recorded> newest;
    std::size_t applied = 0;
    int rc = SQLITE_ROW;
    for (; (rc = sqlite3_step(rows->get())) == SQLITE_ROW; ++applied) {
        auto* const row = rows->get();
        newest = recorded{sqlite3_column_int64(row, 0), text_at(row, 1), text_at(row, 2)};
        if (changed || applied >= migrations.size()) continue;
        const auto same = compare(*newest, migrations[applied], checksum_of(migrations[applied].sql));
        if (!same) changed = same.error();
    }
    if (rc != SQLITE_DONE) return failure_of(db);
    if (newest && newest->number > static_cast<std::int64_t>(migrations.size())) return newer(*newest, migrations);
    if (changed) return *std::move(changed);
    return applied;
}

result<std::size_t> check_versions(const std::string& path, std::span<const migration> migrations) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return std::size_t{0};
    const auto source = open_for_check(path.starts_with('/') ? path : "./" + path);  // never a URI
    if (!source) return std::size_t{0};
    // Who opens it to write waits for whoever has locked it, and is refused then.
    sqlite3_busy_timeout(source->db.get(), 0);
    if (auto known = check_format(source->db.get()); !known && known.error() == errc::newer_database)
        return known.error();
    auto applied = applied_of(source->db.get(), migrations);
    if (!applied && applied.error() != errc::newer_database && applied.error() != errc::migration_changed)
        return std::size_t{0};
    return applied;
}

}  // namespace carrel::sqlite
