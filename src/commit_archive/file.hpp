#pragma once

#include <carrel/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Files as the archive uses them. Errors are the system's, with the path.
namespace carrel::commits {

error system_failure(const std::string& path, int number);

/// A descriptor and its path.
class file {
public:
    file() = default;
    file(file&& other) noexcept;
    file& operator=(file&& other) noexcept;
    ~file();

    static result<file> open_to_read(const std::string& path);
    /// One that must not be there yet, mode 0600, also readable.
    static result<file> create(const std::string& path);
    /// The same, or the one that is there.
    static result<file> open_or_create(const std::string& path);
    static result<file> open_to_change(const std::string& path);

    bool is_open() const noexcept { return descriptor_ >= 0; }
    const std::string& path() const noexcept { return path_; }
    result<std::uint64_t> size() const;
    /// An error if its path does not lead to it any more: it was removed, moved, or another disk was mounted over it.
    result<void> expect_in_place() const;
    /// As many bytes as there are there, up to `bytes`.
    result<std::string> read(std::uint64_t at, std::size_t bytes) const;
    result<void> write(std::uint64_t at, std::string_view bytes) const;
    result<void> truncate(std::uint64_t size) const;
    result<void> sync() const;
    /// Until it is closed. An error if another process, or another object, has locked it.
    result<void> lock() const;
    void close() noexcept;

private:
    file(int descriptor, std::string path)
        : path_(std::move(path)),
          descriptor_(descriptor) {}
    static result<file> open(const std::string& path, int flags);
    std::string path_;
    int descriptor_ = -1;
};

result<void> sync_directory(const std::string& path);
/// In the place of whatever has that name, and on stable storage.
result<void> rename_synced(const std::string& from, const std::string& to);
/// Writes a whole file under a name of its own first, so that it is there as a whole or not at all.
result<void> write_whole(const std::string& path, std::string_view text);
result<std::string> read_whole(const std::string& path, std::size_t bytes_max);

}  // namespace carrel::commits
