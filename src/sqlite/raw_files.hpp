#pragma once

#include <carrel/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

struct sqlite3;
struct sqlite3_file;

namespace carrel::sqlite {

/// What tells one generation of a WAL from the next: it changes whenever the log begins anew.
using wal_salt = std::array<std::byte, 8>;

/// Numbers of pages, as a bitmap: a bit a page that the file has.
class page_set {
public:
    /// Throws `std::bad_alloc`.
    void add(std::uint32_t page);
    bool contains(std::uint32_t page) const noexcept;
    std::size_t count() const noexcept { return count_; }
    /// The least one that is not below `page`; 0 if there is none.
    std::uint32_t next(std::uint32_t page) const noexcept;
    void clear() noexcept;

private:
    std::vector<std::uint64_t> words_;
    std::size_t count_ = 0;
};

/// The bytes of a connection's files as they lie there, past SQLite's snapshots: through its own descriptors, since closing
/// another one would drop the locks of this process. Used by the thread that uses the connection, which has read already.
class raw_files {
public:
    raw_files(sqlite3* db, std::size_t page_bytes);

    /// Pages of the database file, from `first` on (1 is the first of all); zeros where the file ends. What a checkpoint writes
    /// meanwhile may be there in part.
    result<void> read_pages(std::uint32_t first, std::span<std::byte> into);

    /// All zeros for a log without a header.
    result<wal_salt> salt();
    /// The page in a frame of the log (1 is the first), or 0 if the frame is not of that generation.
    result<std::uint32_t> page_in_frame(int frame, const wal_salt& salt);
    /// Reads the page in a frame; false, with anything in `into`, if the frame is not of that generation any more.
    result<bool> read_frame(int frame, const wal_salt& salt, std::span<std::byte> into);

private:
    result<bool> read(sqlite3_file* from, std::int64_t at, std::span<std::byte> into);
    std::int64_t offset_of(int frame) const noexcept;

    sqlite3_file* file_ = nullptr;
    sqlite3_file* log_ = nullptr;
    std::size_t page_bytes_;
};

}  // namespace carrel::sqlite
