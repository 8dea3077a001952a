#pragma once

#include <carrel/error.hpp>
#include <carrel/export.hpp>
#include <carrel/value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace carrel {

namespace sqlite {
struct open_blob;
}

/// One blob or text of one row, read piece by piece without loading it whole. Made by `read_session::open_blob`.
///
/// Valid only during the work's call, on that thread, and as a statement: one kept beyond it fails the job with
/// `errc::statement_left_open`, and every later call on it with the same. A change of its row in the same transaction by
/// SQL ends it too: every later call fails with SQLITE_ABORT.
class CARREL_API blob_reader {
public:
    /// Bytes of the value.
    std::size_t size() const noexcept;
    /// Fills `into` from `offset` on. Errors: SQLITE_RANGE past the end; SQLite's codes.
    result<void> read(std::size_t offset, std::span<std::byte> into) const;
    /// Moves to another row of the same table and column; cheaper than opening anew.
    result<void> reopen(std::int64_t rowid);

protected:
    friend class read_session;
    explicit blob_reader(std::shared_ptr<sqlite::open_blob> handle) noexcept
        : handle_(std::move(handle)) {}
    std::shared_ptr<sqlite::open_blob> handle_;
};

/// As `blob_reader`, and writes too. A blob's size cannot change: insert it as a `zeroblob` of the size wanted.
/// `write_session::attempt` can keep its part only if every writer that is open was opened before it or is closed again.
class CARREL_API blob_writer : public blob_reader {
public:
    /// Overwrites from `offset` on. Errors: SQLITE_RANGE past the end; SQLite's codes.
    result<void> write(std::size_t offset, blob_view from);

private:
    friend class write_session;
    using blob_reader::blob_reader;
};

}  // namespace carrel
