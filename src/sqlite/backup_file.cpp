#include "sqlite/backup_file.hpp"

#include "sqlite/check_source.hpp"
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
#include <string_view>

namespace carrel::sqlite {
namespace {

// How much may wait to be written back: a sync of the WAL may have to wait for it on a file system that orders writes.
constexpr std::uint64_t unwritten_bytes_max = 4u << 20;

error system_failure(const std::string& what) {
    return {error_code(errno, boost::system::system_category()), what + ": " + std::strerror(errno)};
}

error failure_of(sqlite3* db, int rc) {
    return {make_error_code(static_cast<sqlite_errc>(rc)), db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc)};
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

bool is_there(const std::string& path) {
    struct stat info {};
    return lstat(path.c_str(), &info) == 0;
}

result<void> check_target(const std::string& target) {
    if (target.empty() || target.find('\0') != target.npos || target.starts_with("file:"))
        return error(errc::invalid_option, "target = '" + target + "'");
    if (is_there(target)) return error(errc::invalid_option, target + " exists");
    // SQLite takes files of these names for what a crash left of the database, whichever it was.
    for (const std::string_view suffix : {"-wal", "-shm", "-journal"}) {
        if (const auto beside = target + std::string(suffix); is_there(beside))
            return error(errc::invalid_option, beside + " exists and would count as a part of the copy");
        if (!target.ends_with(suffix)) continue;
        if (const auto database = target.substr(0, target.size() - suffix.size()); is_there(database))
            return error(errc::invalid_option, target + " would count as a part of " + database);
    }
    struct stat info {};
    const auto directory = directory_of(target);
    if (stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return error(errc::no_directory, directory);
    return {};
}

result<void> sync_directory(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0) return system_failure(path);
    result<void> done;
    if (fsync(fd) != 0) done = system_failure(path);
    close(fd);
    return done;
}

int ask_to_stop(void* stop) {
    const auto& must_stop = *static_cast<const stop_test*>(stop);
    return must_stop && must_stop() ? 1 : 0;
}

}  // namespace

backup_file::backup_file(std::string target)
    : target_(std::move(target)),
      path_(target_ + ".partial") {}

backup_file::~backup_file() {
    if (fd_ < 0) return;
    unlink(path_.c_str());
    close(fd_);
}

result<void> backup_file::create() {
    if (auto usable = check_target(target_); !usable) return usable;
    const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return system_failure(path_);
    struct stat mine {};
    struct stat named {};
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &mine) != 0 || lstat(path_.c_str(), &named) != 0 ||
        mine.st_ino != named.st_ino) {
        close(fd);
        return error(errc::database_in_use, "another process writes " + path_);
    }
    // What a crash left has one name. Another one may be that of a database, which would be emptied here.
    if (mine.st_nlink > 1) {
        close(fd);
        return error(errc::invalid_option, path_ + " has another name, too (a hard link)");
    }
    fd_ = fd;
    if (!S_ISREG(mine.st_mode) || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0) return system_failure(path_);
    return {};
}

result<void> backup_file::write(std::span<const std::byte> bytes, std::uint64_t at) {
    while (!bytes.empty()) {
        const auto put = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return system_failure(path_);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        at += static_cast<std::uint64_t>(put);
        pending_ += static_cast<std::uint64_t>(put);
    }
    if (pending_ < unwritten_bytes_max) return {};
    // Starts what is new, and waits for what was started before; a failure shows in the sync at the end.
    pending_ = 0;
    constexpr unsigned both = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE;
    (void)sync_file_range(fd_, 0, 0, both);
    return {};
}

result<void> backup_file::reserve(std::uint64_t bytes) {
    if (bytes == 0 || fallocate(fd_, 0, 0, static_cast<off_t>(bytes)) == 0) return {};
    // A file system without it gives blocks as they are written.
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
    return system_failure(path_);
}

result<void> backup_file::resize(std::uint64_t bytes) {
    if (ftruncate(fd_, static_cast<off_t>(bytes)) != 0) return system_failure(path_);
    return {};
}

result<std::uint64_t> backup_file::finish(const stop_test& stop, const copy_check& verify) {
    if (auto unmarked = remove_open_mark(); !unmarked) return unmarked.error();
    if (auto sound = check_copy(path_, stop); !sound) return sound.error();
    if (verify)
        if (auto sound = verify(path_); !sound) return sound.error();
    auto bytes = sync();
    if (!bytes) return bytes.error();
    if (auto named = rename_to_target(); !named) return named.error();
    if (auto synced = sync_directory(directory_of(target_)); !synced) {
        unlink(target_.c_str());
        return synced.error();
    }
    return *bytes;
}

// The source is open, the copy is not.
result<void> backup_file::remove_open_mark() {
    user_version_bytes version{};
    const auto size = static_cast<ssize_t>(version.size());
    if (pread(fd_, version.data(), version.size(), user_version_at) != size) return system_failure(path_);
    sqlite::remove_open_mark(version);
    if (pwrite(fd_, version.data(), version.size(), user_version_at) != size) return system_failure(path_);
    return {};
}

result<std::uint64_t> backup_file::sync() {
    struct stat info {};
    if (fsync(fd_) != 0 || fstat(fd_, &info) != 0) return system_failure(path_);
    return static_cast<std::uint64_t>(info.st_size);
}

// Never in the place of another file, which a plain rename would replace.
result<void> backup_file::rename_to_target() {
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) return {};
    // Not every file system can do it in one call.
    if (errno == EINVAL && link(path_.c_str(), target_.c_str()) == 0) {
        unlink(path_.c_str());
        return {};
    }
    return errno == EEXIST ? error(errc::invalid_option, target_ + " exists") : system_failure(target_);
}

// As it lies there: the header asks for a WAL, which would be made beside it.
result<void> check_copy(const std::string& path, const stop_test& stop) {
    sqlite3* made = nullptr;
    constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int opened = sqlite3_open_v2(immutable_uri(path).c_str(), &made, flags, nullptr);
    const database_handle handle(made);
    if (opened != SQLITE_OK) return failure_of(made, opened);
    auto* const db = handle.get();
    constexpr int steps_between_looks = 10'000;
    sqlite3_progress_handler(db, steps_between_looks, ask_to_stop, const_cast<stop_test*>(&stop));
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

}  // namespace carrel::sqlite
