#include "sqlite/database_copy.hpp"

#include "sqlite/check_source.hpp"
#include "sqlite/open_mark.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>

namespace carrel::sqlite {
namespace {

constexpr int step_pages = 1'024;

struct finish_copy {
    void operator()(sqlite3_backup* copy) const noexcept { sqlite3_backup_finish(copy); }
};

error failure_of(sqlite3* db, int rc) {
    return {make_error_code(static_cast<sqlite_errc>(rc)), db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc)};
}

result<void> run(sqlite3* db, const char* sql) {
    const int rc = sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return failure_of(db, rc);
    return {};
}

result<database_handle> make_target(const std::string& target) {
    sqlite3* opened = nullptr;
    const int rc = sqlite3_open_v2(
        target.c_str(), &opened,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    database_handle db(opened);
    if (rc != SQLITE_OK) return failure_of(opened, rc);
    if (auto set = run(opened, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"); !set) return set.error();
    return db;
}

result<void> copy_pages(sqlite3* from, sqlite3* to, const std::function<void(double)>& progress) {
    // Of one snapshot: without a read transaction each step would begin anew after a commit of a server's.
    if (auto begun = run(from, "BEGIN; SELECT count(*) FROM sqlite_schema"); !begun) return begun;
    std::unique_ptr<sqlite3_backup, finish_copy> copy(sqlite3_backup_init(to, "main", from, "main"));
    if (!copy) return failure_of(to, sqlite3_extended_errcode(to));
    for (;;) {
        const int rc = sqlite3_backup_step(copy.get(), step_pages);
        const int pages = std::max(1, sqlite3_backup_pagecount(copy.get()));
        if (progress) progress(1.0 - static_cast<double>(sqlite3_backup_remaining(copy.get())) / pages);
        if (rc == SQLITE_DONE) break;
        if (rc != SQLITE_OK) return failure_of(nullptr, rc);
    }
    if (const int rc = sqlite3_backup_finish(copy.release()); rc != SQLITE_OK) return failure_of(to, rc);
    return {};
}

// The database may be open, the copy is not.
result<void> remove_mark(const std::string& target) {
    const int fd = ::open(target.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    user_version_bytes version{};
    bool is_done = fd >= 0 && pread(fd, version.data(), version.size(), user_version_at) == std::ssize(version);
    remove_open_mark(version);
    is_done = is_done && pwrite(fd, version.data(), version.size(), user_version_at) == std::ssize(version);
    const int why = errno;
    if (fd >= 0) close(fd);
    if (!is_done) return error(error_code(why, boost::system::system_category()), target);
    return {};
}

result<void> copy_once(const check_source& source, const std::string& target,
                       const std::function<void(double)>& progress) {
    {
        auto to = make_target(target);
        if (!to) return to.error();
        if (auto copied = copy_pages(source.db.get(), to->get(), progress); !copied) return copied;
    }
    return remove_mark(target);
}

}  // namespace

result<copy_report> copy_database(const std::string& path, const std::string& target,
                                  const std::function<void(double)>& progress) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return error(errc::not_a_database, path);
    const std::string plain = path.starts_with('/') ? path : "./" + path;  // never a URI
    for (;;) {
        auto source = open_for_check(plain);
        if (!source) return source.error();
        auto done = copy_once(*source, target, progress);
        // A server was started meanwhile: what was read without its locks may have been half written.
        const bool is_torn = source->unlocked && is_in_use(plain);
        if (!done || is_torn) unlink(target.c_str());
        if (is_torn) continue;
        if (!done && (done.error().code().value() & 0xff) == SQLITE_NOTADB) return error(errc::not_a_database, path);
        if (!done) return done.error();
        if (stat(target.c_str(), &info) != 0) return error(errc::not_a_database, target);
        return copy_report{static_cast<std::uint64_t>(info.st_size), std::move(source->unseen)};
    }
}

}  // namespace carrel::sqlite
