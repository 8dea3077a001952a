#pragma once

#include <atomic>
#include <cstdint>

namespace carrel::testing {

/// The shim VFS with hooks that count and fail what the test chooses. Installed as the process's default VFS
/// before the first database is opened; knobs are process-wide and may be turned from any thread.
struct fault_vfs {
    static void install();
    /// Nothing fails any more.
    static void heal();

    static inline std::atomic<std::int64_t> syncs{0};        // xSync calls on a WAL
    static inline std::atomic<std::int64_t> writes{0};       // xWrite calls on a WAL
    static inline std::atomic<bool> fail_wal_sync{false};    // SQLITE_IOERR_FSYNC
    static inline std::atomic<bool> fail_wal_write{false};   // SQLITE_IOERR_WRITE
    static inline std::atomic<bool> wal_disk_full{false};    // SQLITE_FULL
    static inline std::atomic<bool> fail_main_write{false};  // SQLITE_IOERR_WRITE on the database file: a checkpoint
};

}  // namespace carrel::testing
