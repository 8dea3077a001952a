#include "sqlite/migrations.hpp"

#include "base/sha256.hpp"
#include "sqlite/file_owner.hpp"
#include "sqlite/migration_report.hpp"
#include "sqlite/migration_script.hpp"
#include "sqlite/migration_versions.hpp"
#include "sqlite/open_mark.hpp"

#include <sqlite3.h>

namespace carrel::sqlite {
namespace {

constexpr const char* own_tables =
    "CREATE TABLE IF NOT EXISTS carrel_migrations(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT "
    "NULL,"
    " applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))) STRICT;"
    "CREATE TABLE IF NOT EXISTS carrel_commit(one INTEGER PRIMARY KEY CHECK(one = 1), sequence INTEGER NOT NULL) "
    "STRICT;"
    "INSERT OR IGNORE INTO carrel_commit VALUES(1, 0);";

error naming(const migration& one, const error& why) {
    return {why.code(), named(one) + (why.diagnostic().empty() ? "" : ": " + why.diagnostic())};
}

template <class Body>
result<void> in_transaction(connection& writer, Body body) {
    if (auto begun = writer.begin(); !begun) return begun;
    result<void> done = body();
    if (done) done = writer.commit();
    if (!done) writer.rollback();
    return done;
}

// The mark and the tables come in one transaction: a file that has one has the other.
result<void> make_own_tables(connection& writer) {
    auto version = writer.trusted_integer("PRAGMA user_version");
    auto id = writer.trusted_integer("PRAGMA application_id");
    if (!version || !id) return version ? id.error() : version.error();
    const bool is_marked = *id == application_id;
    const auto format = *version & ~std::int64_t{open_mark};
    if (is_marked && format > format_version)
        return error(errc::newer_database, "the file has format " + std::to_string(format));
    return in_transaction(writer, [&]() -> result<void> {
        if (auto made = writer.run_trusted(own_tables); !made || is_marked) return made;
        return writer.run_trusted("PRAGMA application_id=" + std::to_string(application_id) +
                                  ";PRAGMA user_version=" + std::to_string(format_version));
    });
}

result<void> check_texts(std::span<const migration> migrations) {
    int expected = 0;
    for (const auto& one : migrations) {
        if (one.number != ++expected)
            return error(errc::invalid_option, "migrations are numbered 1, 2, 3 …, but after " +
                                                   std::to_string(expected - 1) + " comes " + named(one));
        if (one.sql.find('\0') != one.sql.npos) return error(errc::invalid_option, named(one) + " holds a NUL");
    }
    return {};
}

// A statement of its own with bound values: whatever the migration's text ends with, the record is made.
result<void> record(connection& writer, const migration& one) {
    const auto checksum = checksum_of(one.sql);
    sqlite3_set_authorizer(writer.handle(), nullptr, nullptr);
    sqlite3_stmt* insert = nullptr;
    int rc = sqlite3_prepare_v2(
        writer.handle(), "INSERT INTO carrel_migrations(number, name, checksum) VALUES(?, ?, ?)", -1, &insert, nullptr);
    sqlite3_bind_int(insert, 1, one.number);
    sqlite3_bind_text64(insert, 2, one.name.data(), one.name.size(), SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(insert, 3, checksum.data(), checksum.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (rc == SQLITE_OK) rc = sqlite3_step(insert);
    result<void> done;
    if (rc != SQLITE_DONE) done = writer.failure(rc);
    sqlite3_finalize(insert);
    writer.restore_authorizer();
    return done;
}

// Outside of a transaction only: SQLite ignores the setting inside one.
result<void> set_foreign_keys(connection& writer, bool wanted) {
    int got = -1;
    sqlite3_db_config(writer.handle(), SQLITE_DBCONFIG_ENABLE_FKEY, wanted ? 1 : 0, &got);
    if (got != (wanted ? 1 : 0)) return error(errc::profile_mismatch, "foreign_keys reads " + std::to_string(got));
    return {};
}

result<void> check_foreign_keys(connection& writer) {
    auto violated = writer.trusted_text("SELECT \"table\" || ' refers to ' || parent FROM pragma_foreign_key_check");
    if (!violated) return violated.error();
    if (*violated)
        return error(make_error_code(sqlite_errc::constraint_foreign_key),
                     "after it a row of " + **violated + " in vain");
    return {};
}

result<void> check_temporary_objects(connection& writer) {
    auto left = writer.trusted_text("SELECT name FROM sqlite_temp_schema");
    if (!left) return left.error();
    if (*left)
        return error(make_error_code(static_cast<sqlite_errc>(SQLITE_AUTH)),
                     "it leaves the temporary object " + **left);
    return {};
}

result<void> apply(connection& writer, const migration& one) {
    const bool keys_off = one.foreign_keys == migration::foreign_key_mode::off;
    if (keys_off) {
        if (auto off = set_foreign_keys(writer, false); !off) return off;
    }
    auto done = in_transaction(writer, [&] {
        auto step = run_script(writer, one.sql);
        if (step) step = check_temporary_objects(writer);
        if (step && keys_off) step = check_foreign_keys(writer);
        if (step) step = record(writer, one);
        return step;
    });
    if (keys_off) {
        if (auto on = set_foreign_keys(writer, true); !on && done) return on;
    }
    return done;
}

}  // namespace

std::string checksum_of(std::string_view sql) { return base::sha256_hex(sql); }

result<void> migrate(connection& writer, std::span<const migration> migrations, const migration_observer& observe) {
    if (auto sound = check_texts(migrations); !sound) return sound;
    if (auto made = make_own_tables(writer); !made) return made;
    auto applied = applied_of(writer.handle(), migrations);
    if (!applied) return applied.error();
    for (const auto& one : migrations.subspan(*applied)) {
        migration_report report(writer, observe, one, {.before = *applied, .all = migrations.size()});
        if (auto done = apply(writer, one); !done) return naming(one, done.error());
        report.end();
    }
    return {};
}

result<std::uint64_t> last_commit(connection& writer) {
    auto sequence = writer.trusted_integer("SELECT sequence FROM carrel_commit");
    if (!sequence) return sequence.error();
    return static_cast<std::uint64_t>(*sequence);
}

}  // namespace carrel::sqlite
