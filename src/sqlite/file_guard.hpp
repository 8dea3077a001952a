#pragma once

#include <carrel/error.hpp>

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

struct stat;

namespace carrel::sqlite {

/// Sole right to serve one database file: found usable, locked against a second carrel, created 0600 if it was absent.
///
/// The lock is an flock on the file itself, so it holds under each of its names; flock and SQLite's POSIX locks do not
/// see each other. Its descriptor stays open until every connection is closed, for closing it would drop SQLite's locks.
/// A second flock, on `<file>.lock`, keeps carrel 0.1.0 away. Must outlive every connection. In a forked child the
/// guard holds nothing and its destructor touches no file. Used by one thread at a time.
class file_guard {
public:
    /// `path` or `:memory:` for a private directory on tmpfs that vanishes with the guard. On failure nothing new is
    /// left and an existing file is as it was. Errors: `unsafe_sqlite`, `forked`, `no_directory`, `read_only_file`,
    /// `not_a_database`, `not_a_carrel_database`, `database_in_use`, `hard_linked`, `network_filesystem`, the system's.
    static result<file_guard> acquire(const std::string& path);

    file_guard(file_guard&& other) noexcept;
    file_guard& operator=(file_guard&& other) noexcept;
    ~file_guard();

    /// Absolute path without symbolic links in its directory.
    const std::string& path() const noexcept { return path_; }
    bool is_private() const noexcept { return !private_directory_.empty(); }
    /// Removes what acquire created, for an open that fails later on.
    void remove_new_file() noexcept;

    /// Whether the path, and those of the WAL and its index, still name the files that are open; three calls of lstat. The
    /// first call takes the WAL and its index for what they are then: make it once the writer's connection is open.
    /// `errc::file_replaced` names the one that does not: what is written from then on would be lost.
    result<void> check_names();

    /// What a name stands for.
    struct file_id {
        dev_t device = 0;
        ino_t inode = 0;
        friend bool operator==(const file_id&, const file_id&) = default;
    };
    /// The file that is open; the same as long as the guard lives.
    const file_id& file() const noexcept { return file_; }
    /// Whether `path` names that file.
    static bool is_named(const std::string& path, const file_id& file) { return id_at(path) == file; }

private:
    static std::optional<file_id> id_at(const std::string& path);

    file_guard() = default;
    static result<file_guard> acquire_private();
    result<void> acquire_at(const std::string& path);
    result<void> lock_beside();
    result<void> open_file();
    result<void> lock_file();
    bool owned_by_this_process() const noexcept;
    void release() noexcept;

    std::string path_;
    std::string private_directory_;
    pid_t process_ = 0;
    int lock_fd_ = -1;  // of <file>.lock
    int file_fd_ = -1;  // of the file
    file_id file_;
    std::array<std::optional<file_id>, 2> beside_;  // of the WAL and its index, once seen
    bool registered_ = false;
    bool created_ = false;
};

}  // namespace carrel::sqlite
