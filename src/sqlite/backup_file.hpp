#pragma once

#include <carrel/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace carrel::sqlite {

/// Whether work that takes long must end; called often, on the thread that works.
using stop_test = std::function<bool()>;

/// Looks at a copy that is whole; an error says what is wrong.
using copy_check = std::function<result<void>(const std::string& path)>;

/// A copy that grows as `<target>.partial` (0600) and gets its name when it is complete, checked and on stable storage. Without
/// that it is removed with this object. Locked, so that two backups do not share it; what a crash left is replaced.
class backup_file {
public:
    explicit backup_file(std::string target);
    ~backup_file();
    backup_file(const backup_file&) = delete;
    backup_file& operator=(const backup_file&) = delete;

    /// Where it grows.
    const std::string& path() const noexcept { return path_; }

    /// Errors: `invalid_option` if the target exists, is empty, holds a NUL or begins with `file:`, if a WAL, its index or a journal
    /// lies beside it, or if it would be one of another file; `no_directory`;
    /// `database_in_use` while another process writes the same target; the system's.
    result<void> create();
    /// Writes at an offset. What has been written is handed to the disk piece by piece, so that no sync of another file has to
    /// wait for much of it.
    result<void> write(std::span<const std::byte> bytes, std::uint64_t at);
    /// Has the disk set that much aside: that there is no room is known before anything is copied, and blocks that a file has
    /// already are none that a sync of another file waits for.
    result<void> reserve(std::uint64_t bytes);
    result<void> resize(std::uint64_t bytes);
    /// Takes away the mark of an open database, opens the copy as it lies there, checks it, has `verify` look at it and makes it
    /// durable under its name.
    /// `stop` is called now and then; true ends it with `cancelled`. Returns the file's size. Errors: `corrupt` with what the
    /// check found; `invalid_option` if the target has come to exist; SQLite's codes; the system's.
    result<std::uint64_t> finish(const stop_test& stop, const copy_check& verify = {});

private:
    result<void> remove_open_mark();
    result<std::uint64_t> sync();
    result<void> rename_to_target();

    std::string target_, path_;
    int fd_ = -1;
    std::uint64_t pending_ = 0;  // bytes that the disk was not given yet
};

/// Runs quick_check over a database that lies there without a WAL and that nobody changes. Errors as `backup_file::finish`.
result<void> check_copy(const std::string& path, const stop_test& stop);

}  // namespace carrel::sqlite
