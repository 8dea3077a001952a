#pragma once

#include <carrel/error.hpp>
#include <carrel/export.hpp>

#include <cstdint>

namespace carrel::sqlite {

class connection;

/// A savepoint inside the running transaction: what happens while it is open is kept by `release` and undone by its
/// destructor otherwise, also while an exception passes. Savepoints nest and are named by their depth.
///
/// Harmless once its transaction has ended. If it cannot be rolled back (no memory, an I/O error), the whole transaction
/// is, so that nothing of it can be committed.
class CARREL_API savepoint {
public:
    savepoint(savepoint&& other) noexcept;
    savepoint& operator=(savepoint&& other) noexcept;
    ~savepoint();

    /// Keeps what was done. Errors: SQLITE_ABORT_ROLLBACK if the transaction is gone; SQLite's code otherwise, and then
    /// the destructor still rolls back.
    result<void> release();
    /// What the destructor does, for who wants to know whether it worked.
    result<void> roll_back();

private:
    friend class connection;
    savepoint(connection& owner, int depth, std::uint64_t serial) noexcept
        : owner_(&owner),
          depth_(depth),
          serial_(serial) {}
    bool is_open() const noexcept;

    connection* owner_;
    int depth_;
    std::uint64_t serial_;  // distinguishes it from a later one at the same depth
};

}  // namespace carrel::sqlite
