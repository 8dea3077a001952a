#include "sqlite/migration_script.hpp"

#include <sqlite3.h>

#include <memory>
#include <string>
#include <utility>

namespace carrel::sqlite {
namespace {

// What was refused, for the message: SQLite says no more than "not authorized".
struct refusal {
    std::string what;
};

bool is_any_of(const char* name, auto... names) {
    return name != nullptr && (... || (sqlite3_stricmp(name, names) == 0));
}

bool only_reads(const char* pragma, const char* argument) {
    if (is_any_of(pragma, "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
                  "foreign_key_list"))
        return true;
    // Virtual tables ask for these two while they are made.
    return argument == nullptr && is_any_of(pragma, "data_version", "page_size");
}

bool is_own_table(const char* name) { return is_any_of(name, "carrel_migrations", "carrel_commit"); }

int refuse(void* kept, std::string what) {
    static_cast<refusal*>(kept)->what = std::move(what);
    return SQLITE_DENY;
}

int authorize(void* kept, int action, const char* a, const char* b, const char*, const char*) {
    const auto text = [](const char* name) { return std::string(name == nullptr ? "" : name); };
    switch (action) {
        case SQLITE_TRANSACTION: return refuse(kept, text(a));
        case SQLITE_SAVEPOINT: return refuse(kept, text(a) == "BEGIN" ? "SAVEPOINT" : text(a));
        case SQLITE_ATTACH: return refuse(kept, "ATTACH or VACUUM");
        case SQLITE_DETACH: return refuse(kept, "DETACH");
        case SQLITE_PRAGMA: return only_reads(a, b) ? SQLITE_OK : refuse(kept, "PRAGMA " + text(a));
        case SQLITE_INSERT:
        case SQLITE_UPDATE:
        case SQLITE_DELETE:
        case SQLITE_DROP_TABLE:
        case SQLITE_ALTER_TABLE:
            // ALTER TABLE names its database first, the others their table.
            return is_own_table(a) || is_own_table(b) ? refuse(kept, "a change of carrel's own table") : SQLITE_OK;
        default: return SQLITE_OK;
    }
}

class script_authorizer {
public:
    explicit script_authorizer(connection& writer)
        : writer_(writer) {
        sqlite3_set_authorizer(writer_.handle(), authorize, &refused_);
    }
    ~script_authorizer() { writer_.restore_authorizer(); }
    script_authorizer(const script_authorizer&) = delete;
    script_authorizer& operator=(const script_authorizer&) = delete;

    error failure(int rc) const {
        if ((rc & 0xff) != SQLITE_AUTH || refused_.what.empty()) return writer_.failure(rc);
        return {make_error_code(static_cast<sqlite_errc>(rc)), refused_.what + " is not allowed in a migration"};
    }

private:
    connection& writer_;
    refusal refused_;
};

struct finalize_statement {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

}  // namespace

result<void> run_script(connection& writer, std::string_view text) {
    const script_authorizer authorizer(writer);
    const std::string kept(text);
    const char* const end = kept.c_str() + kept.size();
    for (const char* at = kept.c_str(); at < end;) {
        sqlite3_stmt* prepared = nullptr;
        int rc = sqlite3_prepare_v2(writer.handle(), at, -1, &prepared, &at);
        const std::unique_ptr<sqlite3_stmt, finalize_statement> statement(prepared);
        if (rc != SQLITE_OK) return authorizer.failure(rc);
        if (!statement) continue;  // white space or a comment
        while ((rc = sqlite3_step(prepared)) == SQLITE_ROW) continue;
        if (auto thrown = writer.take_host_failure()) return *std::move(thrown);
        if (rc != SQLITE_DONE) return authorizer.failure(rc);
        // ON CONFLICT ROLLBACK and raise(ROLLBACK) fail above; this is for what nobody has thought of.
        if (!writer.in_transaction())
            return error(make_error_code(sqlite_errc::constraint), "the transaction has ended");
    }
    return {};
}

}  // namespace carrel::sqlite
