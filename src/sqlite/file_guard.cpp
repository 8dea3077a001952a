#include "sqlite/file_guard.hpp"

#include "sqlite/file_owner.hpp"
#include "sqlite/private_directory.hpp"
#include "sqlite/process.hpp"
#include "sqlite/process_fork.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace carrel::sqlite {
namespace {

constexpr long cifs_magic = 0xFF534D42;
constexpr long smb2_magic = 0xFE534D42;
constexpr long fuse_magic = 0x65735546;
constexpr std::array beside = {"-wal", "-shm"};

error system_failure(const std::string& doing) {
    return {error_code(errno, boost::system::system_category()), doing + ": " + std::strerror(errno)};
}

error open_failure(const std::string& path) {
    const bool refused = errno == EACCES || errno == EROFS || errno == EPERM;
    return refused ? error(errc::read_only_file, path) : system_failure(path);
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

result<std::string> resolved_path(const std::string& path) {
    auto directory = absolute_directory(path);
    if (!directory) return directory.error();
    const auto name = path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
    if (name.empty() || name == "." || name == "..") return error(errc::not_a_database, path);
    if (auto local = refuse_network(*directory); !local) return local.error();
    return (*directory == "/" ? "" : *directory) + "/" + name;
}

// Before it is opened: what cannot be a database, and what this process must not open a second time.
result<void> check_before_open(const std::string& path, const struct stat& info) {
    if (!S_ISREG(info.st_mode)) return error(errc::not_a_database, path);
    // A privileged process could write whatever its mode says; the mode is what its owner meant.
    if ((info.st_mode & 0222) == 0 || access(path.c_str(), W_OK) != 0) return error(errc::read_only_file, path);
    switch (holder_of(info.st_dev, info.st_ino)) {
        case holder::nobody: return {};
        case holder::this_process: return error(errc::database_in_use, path);
        case holder::parent: return error(errc::forked, path + " was open when this process was forked");
    }
    return {};
}

}  // namespace

std::optional<file_guard::file_id> file_guard::id_at(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) return std::nullopt;
    return file_id{info.st_dev, info.st_ino};
}

result<file_guard> file_guard::acquire(const std::string& path) {
    if (auto safe = check_library(); !safe) return safe.error();
    if (path == ":memory:") return acquire_private();
    auto resolved = resolved_path(path);
    if (!resolved) return resolved.error();
    file_guard guard;
    if (auto acquired = guard.acquire_at(*resolved); !acquired) return acquired.error();
    return guard;
}

result<file_guard> file_guard::acquire_private() {
    remove_ownerless_directories();
    constexpr int attempts_max = 16;
    for (int attempt = 1;; ++attempt) {
        auto directory = make_private_directory();
        if (!directory) return directory.error();
        file_guard guard;
        guard.private_directory_ = *directory;
        // Another process may have taken the directory for ownerless before it was locked.
        auto acquired = guard.acquire_at(private_file(*directory));
        if (acquired) return guard;
        if (attempt == attempts_max) return acquired.error();
    }
}

result<void> file_guard::acquire_at(const std::string& path) {
    path_ = path;
    process_ = getpid();
    try {
        auto done = lock_beside();
        if (done) done = open_file();
        if (done) done = lock_file();
        if (done) done = check_owner(file_fd_, path_);
        if (!done) remove_new_file();
        return done;
    } catch (...) {
        remove_new_file();
        throw;
    }
}

result<void> file_guard::lock_beside() {
    const auto lock_path = path_ + ".lock";
    for (;;) {
        const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return open_failure(lock_path);
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

result<void> file_guard::open_file() {
    struct stat info {};
    if (stat(path_.c_str(), &info) == 0) {
        if (auto usable = check_before_open(path_, info); !usable) return usable;
        file_fd_ = take_kept_descriptor(info.st_dev, info.st_ino);
        if (file_fd_ < 0) file_fd_ = open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    } else {
        file_fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        created_ = file_fd_ >= 0;
    }
    if (file_fd_ < 0) return open_failure(path_);
    return {};
}

result<void> file_guard::lock_file() {
    struct stat info {};
    if (flock(file_fd_, LOCK_EX | LOCK_NB) != 0 || fstat(file_fd_, &info) != 0)
        return errno == EWOULDBLOCK ? error(errc::database_in_use, path_) : system_failure(path_);
    if (info.st_nlink > 1) return error(errc::hard_linked, path_);
    file_ = {info.st_dev, info.st_ino};
    add_held_file({info.st_dev, info.st_ino, file_fd_, lock_fd_});
    registered_ = true;
    if (id_at(path_) != file_) return error(errc::file_replaced, path_);
    return {};
}

result<void> file_guard::check_names() {
    if (id_at(path_) != file_) return error(errc::file_replaced, path_);
    for (std::size_t i = 0; i < beside.size(); ++i) {
        const auto name = path_ + beside[i];
        const auto now = id_at(name);
        if (!beside_[i]) beside_[i] = now;
        if (beside_[i] != now) return error(errc::file_replaced, name);
    }
    return {};
}

bool file_guard::owned_by_this_process() const noexcept { return process_ == getpid(); }

void file_guard::remove_new_file() noexcept {
    if (!created_ || !owned_by_this_process()) return;
    remove_database_files(path_);
    created_ = false;
}

file_guard::file_guard(file_guard&& other) noexcept { *this = std::move(other); }

file_guard& file_guard::operator=(file_guard&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(private_directory_, other.private_directory_);
    std::swap(process_, other.process_);
    std::swap(lock_fd_, other.lock_fd_);
    std::swap(file_fd_, other.file_fd_);
    std::swap(file_, other.file_);
    std::swap(beside_, other.beside_);
    std::swap(registered_, other.registered_);
    std::swap(created_, other.created_);
    return *this;
}

file_guard::~file_guard() {
    if (process_ != 0 && owned_by_this_process()) release();
}

void file_guard::release() noexcept {
    if (is_private()) remove_database_files(path_);
    if (registered_) remove_held_file(file_.device, file_.inode);
    if (file_fd_ >= 0) {
        // Unlocked first: a descriptor that cannot be closed must not keep the lock, nor a child that was forked just now.
        flock(file_fd_, LOCK_UN);
        close_or_keep(file_fd_);
    }
    if (lock_fd_ >= 0) {
        remove_file(path_, ".lock");
        flock(lock_fd_, LOCK_UN);
        close(lock_fd_);
    }
    if (is_private()) remove_private_directory(private_directory_);
}

}  // namespace carrel::sqlite
