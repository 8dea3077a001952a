#pragma once

#include <carrel/error.hpp>

#include <string>

namespace carrel::sqlite {

/// Sole right to serve one database file: found usable, locked against a second carrel, created 0600 if it was absent.
///
/// The lock is an flock on `<file>.lock`, so a second handle in this process is refused as well: opening and closing the
/// database file behind SQLite's back would drop its POSIX locks. Must outlive every connection.
class file_guard {
public:
    /// `path` or `:memory:` for a private directory on tmpfs that vanishes with the guard. On failure nothing new is left.
    static result<file_guard> acquire(const std::string& path);

    file_guard(file_guard&& other) noexcept;
    file_guard& operator=(file_guard&& other) noexcept;
    ~file_guard();

    /// Absolute path without symbolic links in its directory.
    const std::string& path() const noexcept { return path_; }
    bool is_private() const noexcept { return !private_directory_.empty(); }
    /// Removes what acquire created, for an open that fails later on.
    void forget_new_file() noexcept;

private:
    file_guard() = default;
    result<void> lock();
    result<void> create_or_check();

    std::string path_;
    std::string private_directory_;
    int lock_fd_ = -1;
    bool created_ = false;
};

}  // namespace carrel::sqlite
