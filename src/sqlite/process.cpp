#include "sqlite/process.hpp"

#include <sqlite3.h>

namespace carrel::sqlite {
namespace {

// sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) puts mutexes in place that never refuse, and reports nothing.
bool mutexes_exclude() {
    sqlite3_mutex* const probe = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
    if (probe == nullptr) return false;
    sqlite3_mutex_enter(probe);
    const bool refused = sqlite3_mutex_try(probe) == SQLITE_BUSY;
    if (!refused) sqlite3_mutex_leave(probe);
    sqlite3_mutex_leave(probe);
    sqlite3_mutex_free(probe);
    return refused;
}

}  // namespace

void configure_process() {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_URI, 0);
}

result<void> check_library() {
    if (sqlite3_threadsafe() == 0) return error(errc::unsafe_sqlite, "SQLite was built with SQLITE_THREADSAFE=0");
    // A SQLite that was built with SQLITE_OMIT_AUTOINIT does not do this by itself.
    if (const int rc = sqlite3_initialize(); rc != SQLITE_OK)
        return error(make_error_code(static_cast<sqlite_errc>(rc)), "sqlite3_initialize");
    if (!mutexes_exclude())
        return error(errc::unsafe_sqlite, "this process set SQLITE_CONFIG_SINGLETHREAD or mutexes that do not exclude");
    return {};
}

std::string version_report() {
    const int version = sqlite3_libversion_number();
    std::string report = std::string("SQLite ") + sqlite3_libversion() + " (" + sqlite3_sourceid() + ")\n";
    report += version >= 3050002 ? "savepoint/spill bug: fixed in this SQLite\n"
                                 : "savepoint/spill bug: guarded (cache_spill=OFF on the writer)\n";
    report += version >= 3051003 ? "WAL-reset bug: fixed in this SQLite\n"
                                 : "WAL-reset bug: guarded (the writer alone checkpoints)\n";
    report += "fts3_tokenizer, load_extension, ATTACH, VACUUM INTO: refused on every connection\n";
    return report;
}

}  // namespace carrel::sqlite
