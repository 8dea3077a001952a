#include "sqlite/backup.hpp"

#include "sqlite/backup_file.hpp"
#include "sqlite/check_source.hpp"

#include <sqlite3.h>

#include <memory>

namespace carrel::sqlite {
namespace {

constexpr int step_pages = 256;

struct finish_copy {
    void operator()(sqlite3_backup* copy) const noexcept { sqlite3_backup_finish(copy); }
};

error failure_of(sqlite3* db, int rc) {
    return {make_error_code(static_cast<sqlite_errc>(rc)), db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc)};
}

result<std::uint64_t> copy_pages(sqlite3* source, sqlite3* to, const stop_test& stop, const page_progress& progress) {
    std::unique_ptr<sqlite3_backup, finish_copy> copy(sqlite3_backup_init(to, "main", source, "main"));
    if (!copy) return failure_of(to, sqlite3_extended_errcode(to));
    for (;;) {
        if (stop && stop()) return error(errc::cancelled);
        const int rc = sqlite3_backup_step(copy.get(), step_pages);
        const auto all = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy.get()));
        if (progress) progress(all - static_cast<std::uint64_t>(sqlite3_backup_remaining(copy.get())), all);
        if (rc == SQLITE_DONE) break;
        if (rc != SQLITE_OK) return failure_of(nullptr, rc);
    }
    const auto pages = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy.get()));
    if (const int rc = sqlite3_backup_finish(copy.release()); rc != SQLITE_OK) return failure_of(to, rc);
    return pages;
}

result<std::uint64_t> write_copy(sqlite3* source, const std::string& path, const stop_test& stop,
                                 const page_progress& progress) {
    sqlite3* opened = nullptr;
    const int rc = sqlite3_open_v2((path.starts_with('/') ? path : "./" + path).c_str(), &opened,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    const database_handle db(opened);
    if (rc != SQLITE_OK) return failure_of(opened, rc);
    // Nothing is there to be undone, and the file is synced as a whole.
    const int set = sqlite3_exec(opened, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
    if (set != SQLITE_OK) return failure_of(opened, set);
    return copy_pages(source, opened, stop, progress);
}

}  // namespace

result<backup_report> backup_snapshot(sqlite3* source, const std::string& target, const stop_test& stop,
                                      const page_progress& progress, const copy_check& verify) {
    if (sqlite3_get_autocommit(source) != 0)
        return error(make_error_code(static_cast<sqlite_errc>(SQLITE_MISUSE)), "a backup needs a read transaction");
    backup_file copy(target);
    if (auto created = copy.create(); !created) return created.error();
    auto pages = write_copy(source, copy.path(), stop, progress);
    if (!pages) return pages.error();
    auto bytes = copy.finish(stop, verify);
    if (!bytes) return bytes.error();
    backup_report report;
    report.pages = *pages;
    report.bytes = *bytes;
    return report;
}

result<backup_report> backup_unserved(const std::string& path, const std::string& target, const stop_test& stop,
                                      const page_progress& progress, const copy_check& verify,
                                      std::vector<std::string>& unseen) {
    auto source = open_for_check(path.starts_with('/') ? path : "./" + path);
    if (!source) return source.error();
    unseen = std::move(source->unseen);
    auto* const db = source->db.get();
    sqlite3_stmt* first = nullptr;
    int rc = sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(db, "SELECT sequence FROM carrel_commit", -1, &first, nullptr);
    if (rc == SQLITE_OK) rc = sqlite3_step(first);
    const auto sequence = rc == SQLITE_ROW ? static_cast<std::uint64_t>(sqlite3_column_int64(first, 0)) : 0;
    auto failed = failure_of(db, rc);
    sqlite3_finalize(first);
    if ((rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_ERROR) return error(errc::not_a_database, path);
    if (rc != SQLITE_ROW) return failed;
    auto report = backup_snapshot(db, target, stop, progress, verify);
    if (!report) return report;
    report->commit_sequence = sequence;
    report->taken_at = std::chrono::system_clock::now();
    report->pages_copied = report->pages;
    return report;
}

}  // namespace carrel::sqlite
