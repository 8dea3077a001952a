#include "sqlite/file_guard.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace carrel::sqlite {
namespace {

constexpr std::string_view magic("SQLite format 3\0", 16);
constexpr long cifs_magic = 0xFF534D42;
constexpr long smb2_magic = 0xFE534D42;
constexpr long fuse_magic = 0x65735546;

error system_failure(const std::string& doing) {
    return {error_code(errno, boost::system::system_category()), doing + ": " + std::strerror(errno)};
}

result<std::string> absolute_directory(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string directory = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    std::array<char, PATH_MAX> resolved{};
    struct stat info {};
    if (realpath(directory.c_str(), resolved.data()) == nullptr || stat(resolved.data(), &info) != 0 ||
        !S_ISDIR(info.st_mode))
        return error(errc::no_directory, directory);
    return std::string(resolved.data());
}

result<void> refuse_network(const std::string& directory) {
    struct statfs info {};
    if (statfs(directory.c_str(), &info) != 0) return system_failure(directory);
    for (long type : {static_cast<long>(NFS_SUPER_MAGIC), static_cast<long>(V9FS_MAGIC),
                      static_cast<long>(SMB_SUPER_MAGIC), cifs_magic, smb2_magic, fuse_magic})
        if (static_cast<long>(info.f_type) == type) return error(errc::network_filesystem, directory);
    return {};
}

result<std::string> make_private_directory() {
    for (const char* base : {"/dev/shm", "/tmp"}) {
        std::string pattern = std::string(base) + "/carrel-XXXXXX";
        if (mkdtemp(pattern.data()) != nullptr) return pattern;
    }
    return system_failure("a private directory");
}

// Whether SQLite will first undo what it began: the power went while the file was made, and its first page may hold
// anything. Only SQLite can tell what it is once that is undone.
bool has_journal(const std::string& path) {
    struct stat info {};
    return stat((path + "-journal").c_str(), &info) == 0 && info.st_size > 0;
}

// Checks an existing file without changing it. The caller holds the lock, so no connection of ours is open on it.
result<void> check_existing(const std::string& path, const struct stat& info) {
    if (!S_ISREG(info.st_mode)) return error(errc::not_a_database, path);
    // A privileged process could write whatever its mode says; the mode is what its owner meant.
    if ((info.st_mode & 0222) == 0 || access(path.c_str(), W_OK) != 0) return error(errc::read_only_file, path);
    if (info.st_size == 0 || has_journal(path)) return {};
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return system_failure(path);
    std::array<char, 16> head{};
    const auto got = read(fd, head.data(), head.size());
    close(fd);
    if (got != 16 || std::string_view(head.data(), 16) != magic) return error(errc::not_a_database, path);
    return {};
}

}  // namespace

result<file_guard> file_guard::acquire(const std::string& path) {
    file_guard guard;
    if (path == ":memory:") {
        auto directory = make_private_directory();
        if (!directory) return directory.error();
        guard.private_directory_ = *directory;
        guard.path_ = *directory + "/carrel.db";
    } else {
        auto directory = absolute_directory(path);
        if (!directory) return directory.error();
        const auto name = path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
        if (name.empty() || name == "." || name == "..") return error(errc::not_a_database, path);
        guard.path_ = (*directory == "/" ? "" : *directory) + "/" + name;
        if (auto local = refuse_network(*directory); !local) return local.error();
    }
    if (auto locked = guard.lock(); !locked) return locked.error();
    if (auto usable = guard.create_or_check(); !usable) return usable.error();
    return guard;
}

result<void> file_guard::lock() {
    const auto lock_path = path_ + ".lock";
    for (;;) {
        const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return errno == EACCES || errno == EROFS ? error(errc::read_only_file, lock_path)
                                                     : system_failure(lock_path);
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            close(fd);
            return error(errc::database_in_use, path_);
        }
        // The holder removes the file when it ends: what we locked must still be what the name says.
        struct stat mine {};
        struct stat named {};
        if (fstat(fd, &mine) == 0 && stat(lock_path.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
            mine.st_dev == named.st_dev) {
            lock_fd_ = fd;
            return {};
        }
        close(fd);
    }
}

result<void> file_guard::create_or_check() {
    struct stat info {};
    if (stat(path_.c_str(), &info) == 0) return check_existing(path_, info);
    const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return errno == EACCES || errno == EROFS ? error(errc::read_only_file, path_) : system_failure(path_);
    close(fd);
    created_ = true;
    return {};
}

void file_guard::forget_new_file() noexcept {
    if (!created_) return;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((path_ + suffix).c_str());
    created_ = false;
}

file_guard::file_guard(file_guard&& other) noexcept
    : path_(std::move(other.path_)),
      private_directory_(std::exchange(other.private_directory_, {})),
      lock_fd_(std::exchange(other.lock_fd_, -1)),
      created_(other.created_) {}

file_guard& file_guard::operator=(file_guard&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(private_directory_, other.private_directory_);
    std::swap(lock_fd_, other.lock_fd_);
    std::swap(created_, other.created_);
    return *this;
}

file_guard::~file_guard() {
    if (is_private())
        for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((path_ + suffix).c_str());
    if (lock_fd_ >= 0) {
        unlink((path_ + ".lock").c_str());
        close(lock_fd_);
    }
    if (is_private()) rmdir(private_directory_.c_str());
}

}  // namespace carrel::sqlite
