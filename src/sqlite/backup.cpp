#include "sqlite/backup.hpp"

#include "sqlite/file_owner.hpp"
#include "sqlite/open_mark.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace carrel::sqlite {
namespace {

constexpr int step_pages = 256;

error system_failure(const std::string& what) {
    return {error_code(errno, boost::system::system_category()), what + ": " + std::strerror(errno)};
}

struct close_database {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using database_handle = std::unique_ptr<sqlite3, close_database>;

struct finish_copy {
    void operator()(sqlite3_backup* copy) const noexcept { sqlite3_backup_finish(copy); }
};

error failure_of(sqlite3* db, int rc) {
    return {make_error_code(static_cast<sqlite_errc>(rc)), db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc)};
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// The file under its first name, removed unless it was renamed. Locked, so that two backups do not share it.
class partial_file {
public:
    explicit partial_file(const std::string& target)
        : path_(target + ".partial") {}
    ~partial_file() {
        if (fd_ < 0) return;
        unlink(path_.c_str());
        close(fd_);
    }
    partial_file(const partial_file&) = delete;
    partial_file& operator=(const partial_file&) = delete;

    const std::string& path() const noexcept { return path_; }

    // What a crash left under this name is emptied.
    result<void> create() {
        const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return system_failure(path_);
        struct stat mine {};
        struct stat named {};
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &mine) != 0 || lstat(path_.c_str(), &named) != 0 ||
            mine.st_ino != named.st_ino) {
            close(fd);
            return error(errc::database_in_use, "another backup writes " + path_);
        }
        fd_ = fd;
        if (!S_ISREG(mine.st_mode) || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0) return system_failure(path_);
        return {};
    }

    // The source is open, the copy is not.
    result<void> remove_open_mark() {
        user_version_bytes version{};
        const auto size = static_cast<ssize_t>(version.size());
        if (pread(fd_, version.data(), version.size(), user_version_at) != size) return system_failure(path_);
        sqlite::remove_open_mark(version);
        if (pwrite(fd_, version.data(), version.size(), user_version_at) != size) return system_failure(path_);
        return {};
    }

    // Returns the file's size.
    result<std::uint64_t> sync() {
        struct stat info {};
        if (fsync(fd_) != 0 || fstat(fd_, &info) != 0) return system_failure(path_);
        return static_cast<std::uint64_t>(info.st_size);
    }

    // Never in the place of another file, which a plain rename would replace.
    result<void> rename_to(const std::string& target) {
        if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return {};
        // Not every file system can do it in one call.
        if (errno == EINVAL && link(path_.c_str(), target.c_str()) == 0) {
            unlink(path_.c_str());
            return {};
        }
        return errno == EEXIST ? error(errc::invalid_option, target + " exists") : system_failure(target);
    }

private:
    std::string path_;
    int fd_ = -1;
};

result<void> check_target(const std::string& target) {
    if (target.empty() || target.find('\0') != target.npos || target.starts_with("file:"))
        return error(errc::invalid_option, "target = '" + target + "'");
    struct stat info {};
    if (lstat(target.c_str(), &info) == 0) return error(errc::invalid_option, target + " exists");
    const auto directory = directory_of(target);
    if (stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return error(errc::no_directory, directory);
    return {};
}

result<database_handle> open_copy(const std::string& name, int flags) {
    sqlite3* opened = nullptr;
    const int rc = sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    database_handle db(opened);
    if (rc != SQLITE_OK) return failure_of(opened, rc);
    return db;
}

result<std::uint64_t> copy_pages(connection& source, sqlite3* to, const std::function<bool()>& stop) {
    std::unique_ptr<sqlite3_backup, finish_copy> copy(sqlite3_backup_init(to, "main", source.handle(), "main"));
    if (!copy) return failure_of(to, sqlite3_extended_errcode(to));
    for (;;) {
        if (stop && stop()) return error(errc::cancelled);
        const int rc = sqlite3_backup_step(copy.get(), step_pages);
        if (rc == SQLITE_DONE) break;
        if (rc != SQLITE_OK) return failure_of(nullptr, rc);
    }
    const auto pages = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy.get()));
    if (const int rc = sqlite3_backup_finish(copy.release()); rc != SQLITE_OK) return failure_of(to, rc);
    return pages;
}

result<std::uint64_t> write_copy(connection& source, const std::string& path, const std::function<bool()>& stop) {
    const auto db = open_copy(path.starts_with('/') ? path : "./" + path, SQLITE_OPEN_READWRITE);
    if (!db) return db.error();
    // Nothing is there to be undone, and the file is synced as a whole.
    const int set =
        sqlite3_exec(db->get(), "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
    if (set != SQLITE_OK) return failure_of(db->get(), set);
    return copy_pages(source, db->get(), stop);
}

int ask_to_stop(void* stop) {
    const auto& must_stop = *static_cast<const std::function<bool()>*>(stop);
    return must_stop && must_stop() ? 1 : 0;
}

// As it lies there: the header asks for a WAL, which would be made beside it.
result<void> check_copy(const std::string& path, const std::function<bool()>& stop) {
    auto opened = open_copy(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    if (!opened) return opened.error();
    auto* const db = opened->get();
    constexpr int steps_between_looks = 10'000;
    sqlite3_progress_handler(db, steps_between_looks, ask_to_stop, const_cast<std::function<bool()>*>(&stop));
    sqlite3_stmt* check = nullptr;
    int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &check, nullptr);
    if (rc == SQLITE_OK) rc = sqlite3_step(check);
    const auto* text = rc == SQLITE_ROW ? reinterpret_cast<const char*>(sqlite3_column_text(check, 0)) : nullptr;
    const std::string found = text == nullptr ? "" : text;
    auto failed = failure_of(db, rc);
    sqlite3_finalize(check);
    if (found == "ok") return {};
    if (rc == SQLITE_ROW && text == nullptr) return error(make_error_code(sqlite_errc::nomem));
    if (rc == SQLITE_ROW) return error(make_error_code(sqlite_errc::corrupt), "the copy is damaged: " + found);
    if ((rc & 0xff) == SQLITE_INTERRUPT) return error(errc::cancelled);
    return failed;
}

result<void> sync_directory(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0) return system_failure(path);
    result<void> done;
    if (fsync(fd) != 0) done = system_failure(path);
    close(fd);
    return done;
}

}  // namespace

result<backup_report> backup(connection& source, const std::string& target, const std::function<bool()>& stop) {
    if (!source.in_transaction())
        return error(make_error_code(static_cast<sqlite_errc>(SQLITE_MISUSE)), "a backup needs a read transaction");
    if (auto usable = check_target(target); !usable) return usable.error();
    partial_file partial(target);
    if (auto created = partial.create(); !created) return created.error();
    auto pages = write_copy(source, partial.path(), stop);
    if (!pages) return pages.error();
    if (auto unmarked = partial.remove_open_mark(); !unmarked) return unmarked.error();
    if (auto sound = check_copy(partial.path(), stop); !sound) return sound.error();
    auto bytes = partial.sync();
    if (!bytes) return bytes.error();
    if (auto named = partial.rename_to(target); !named) return named.error();
    if (auto synced = sync_directory(directory_of(target)); !synced) {
        unlink(target.c_str());
        return synced.error();
    }
    return backup_report{*pages, *bytes};
}

}  // namespace carrel::sqlite
