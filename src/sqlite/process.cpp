#include "sqlite/process.hpp"

#include <sqlite3.h>

namespace carrel::sqlite {

void configure_process() {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_URI, 0);
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
