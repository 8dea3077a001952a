#include "sqlite/profile.hpp"

#include "sqlite/failpoints.hpp"
#include "sqlite/failure_code.hpp"

#include <sqlite3.h>

#include <array>
#include <exception>
#include <optional>

namespace carrel::sqlite {
namespace {

struct pragma {
    const char* name;
    std::string set;
    std::string expected;
};

// The order matters: WAL before synchronous, temp_store before anything that could open a temporary file.
std::vector<pragma> pragmas_of(const profile& p) {
    const bool writes = p.role == role::writer;
    const auto cache = "-" + std::to_string(p.page_cache_kib);
    const auto busy = std::to_string(p.busy_timeout.count());
    std::vector<pragma> all = {
        {"busy_timeout", busy, busy},   {"temp_store", "MEMORY", "2"},     {"mmap_size", "0", "0"},
        {"cache_size", cache, cache},   {"foreign_keys", "ON", "1"},       {"trusted_schema", "OFF", "0"},
        {"cell_size_check", "ON", "1"}, {"recursive_triggers", "ON", "1"},
    };
    if (writes) {
        const bool full = p.default_durability == durability::full;
        for (pragma own :
             {pragma{"journal_mode", "WAL", "wal"}, pragma{"synchronous", full ? "FULL" : "NORMAL", full ? "2" : "1"},
              pragma{"wal_autocheckpoint", "0", "0"}, pragma{"journal_size_limit", "8388608", "8388608"}})
            all.push_back(std::move(own));
        // SQLite before 3.50.2 loses committed data when a savepoint rolls back after a spill.
        if (!failpoints::is_set(failpoint::spill)) all.push_back({"cache_spill", "OFF", "0"});
    } else {
        all.push_back({"query_only", "ON", "1"});
        all.push_back({"journal_mode", "", "wal"});  // read back only: a reader cannot change it
    }
    return all;
}

struct switch_setting {
    int operation;
    const char* name;
    int wanted;
};
constexpr std::array switches = {
    switch_setting{SQLITE_DBCONFIG_DEFENSIVE, "DEFENSIVE", 1},
    switch_setting{SQLITE_DBCONFIG_TRUSTED_SCHEMA, "TRUSTED_SCHEMA", 0},
    switch_setting{SQLITE_DBCONFIG_DQS_DML, "DQS_DML", 0},
    switch_setting{SQLITE_DBCONFIG_DQS_DDL, "DQS_DDL", 0},
    switch_setting{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, "ENABLE_FTS3_TOKENIZER", 0},
    switch_setting{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, "ENABLE_LOAD_EXTENSION", 0},
    switch_setting{SQLITE_DBCONFIG_WRITABLE_SCHEMA, "WRITABLE_SCHEMA", 0},
    switch_setting{SQLITE_DBCONFIG_ENABLE_FKEY, "ENABLE_FKEY", 1},
};

struct limit_setting {
    int id;
    const char* name;
    int wanted;
};
std::vector<limit_setting> limits_of(const profile& p) {
    return {{SQLITE_LIMIT_LENGTH, "LENGTH", static_cast<int>(p.value_bytes_max)},
            {SQLITE_LIMIT_SQL_LENGTH, "SQL_LENGTH", 1 << 20},
            {SQLITE_LIMIT_ATTACHED, "ATTACHED", 0},
            {SQLITE_LIMIT_EXPR_DEPTH, "EXPR_DEPTH", 200},
            {SQLITE_LIMIT_COMPOUND_SELECT, "COMPOUND_SELECT", 100},
            {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, "LIKE_PATTERN_LENGTH", 1000},
            {SQLITE_LIMIT_VARIABLE_NUMBER, "VARIABLE_NUMBER", 32766},
            {SQLITE_LIMIT_TRIGGER_DEPTH, "TRIGGER_DEPTH", 32},
            {SQLITE_LIMIT_WORKER_THREADS, "WORKER_THREADS", 0}};
}

std::optional<std::string> read_text(sqlite3* db, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return std::nullopt;
    std::optional<std::string> text;
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr)
        text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

error sqlite_failure(sqlite3* db, const std::string& doing) {
    const int code = failure_code(db, sqlite3_extended_errcode(db));
    return {make_error_code(static_cast<sqlite_errc>(code)),
            doing + ": " + (code == SQLITE_FULL ? sqlite3_errstr(code) : sqlite3_errmsg(db))};
}

// What is fixed when the file is made: set while it has no page, compared afterwards.
std::vector<pragma> file_format_of(const profile& p) {
    std::vector<pragma> all;
    if (p.role == role::reader) return all;
    if (p.page_size) all.push_back({"page_size", std::to_string(*p.page_size), std::to_string(*p.page_size)});
    if (p.auto_vacuum) {
        const auto number = std::to_string(static_cast<int>(*p.auto_vacuum));
        all.push_back({"auto_vacuum", number, number});
    }
    return all;
}

result<void> set(sqlite3* db, const pragma& one) {
    const auto sql = std::string("PRAGMA ") + one.name + "=" + one.set;
    if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return sqlite_failure(db, sql);
    return {};
}

result<void> apply_file_format(sqlite3* db, const profile& wanted) {
    const auto format = file_format_of(wanted);
    if (format.empty()) return {};
    const bool is_new = read_text(db, "PRAGMA page_count") == "0";
    for (const auto& one : format) {
        if (is_new) {
            if (auto done = set(db, one); !done) return done;
        }
        const auto got = read_text(db, std::string("PRAGMA ") + one.name);
        if (!got) return sqlite_failure(db, one.name);
        if (*got != one.expected)
            return error(errc::invalid_option,
                         std::string(one.name) + " = " + one.expected + ", but the file was made with " + *got);
    }
    return {};
}

result<void> call_hook(sqlite3* db, const profile& wanted) {
    if (!wanted.on_connect) return {};
    try {
        if (auto done = wanted.on_connect(db, wanted.role); !done) return done;
    } catch (const std::exception& e) {
        return error(errc::work_threw, std::string("on_connect: ") + e.what());
    } catch (...) {
        return error(errc::work_threw, "on_connect: an exception of unknown type");
    }
    if (sqlite3_get_autocommit(db) == 0) return error(errc::profile_mismatch, "on_connect left a transaction open");
    return {};
}

}  // namespace

profile profile_of(const options& settings, role wanted) {
    return {.role = wanted,
            .default_durability = settings.default_durability,
            .busy_timeout = settings.busy_timeout,
            .page_cache_kib = settings.page_cache_kib,
            .value_bytes_max = settings.value_bytes_max,
            .statement_cache = settings.statement_cache,
            .page_size = settings.page_size,
            .auto_vacuum = settings.auto_vacuum,
            .functions = settings.functions,
            .scalar_functions = settings.scalar_functions,
            .collations = settings.collations,
            .on_connect = settings.on_connect,
            .slow_statement_time = settings.slow_statement_time,
            .log = settings.log,
            .on_slow = settings.on_slow};
}

result<void> apply_profile(sqlite3* db, const profile& wanted, host_failures& failures) {
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, static_cast<int>(wanted.busy_timeout.count()));
    for (const auto& one : switches) sqlite3_db_config(db, one.operation, one.wanted, nullptr);
    if (auto format = apply_file_format(db, wanted); !format) return format;
    for (const auto& one : pragmas_of(wanted)) {
        if (one.set.empty()) continue;
        if (auto done = set(db, one); !done) return done;
    }
    for (const auto& one : limits_of(wanted)) sqlite3_limit(db, one.id, one.wanted);
    if (auto added = add_functions(db, wanted.functions); !added) return added;
    if (auto added = add_functions(db, wanted.scalar_functions); !added) return added;
    if (auto added = add_collations(db, wanted.collations, failures); !added) return added;
    if (auto called = call_hook(db, wanted); !called) return called;
    if (auto differs = first_difference(db, wanted); !differs.empty()) return error(errc::profile_mismatch, differs);
    return {};
}

std::string first_difference(sqlite3* db, const profile& wanted) {
    for (const auto& one : pragmas_of(wanted)) {
        const auto got = read_text(db, std::string("PRAGMA ") + one.name);
        if (got.value_or("nothing") != one.expected)
            return std::string(one.name) + " reads " + got.value_or("nothing") + ", wanted " + one.expected;
    }
    for (const auto& one : switches) {
        int got = -1;
        sqlite3_db_config(db, one.operation, -1, &got);
        if (got != one.wanted) return std::string(one.name) + " reads " + std::to_string(got);
    }
    for (const auto& one : limits_of(wanted))
        if (const int got = sqlite3_limit(db, one.id, -1); got != one.wanted)
            return std::string("limit ") + one.name + " reads " + std::to_string(got);
    // The switch above guards a crash at an address of the caller's choice: make sure that it does.
    if (read_text(db, "SELECT fts3_tokenizer('simple')")) return "fts3_tokenizer can be called";
    return {};
}

}  // namespace carrel::sqlite
