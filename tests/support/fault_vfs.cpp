#include "support/fault_vfs.hpp"

#include <sqlite3.h>

#include <cstring>

namespace carrel::testing {
namespace {

// What SQLite sees as a file: our methods in front, the real file behind.
struct shim_file {
    sqlite3_file base;
    bool is_wal;
    bool is_main;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

shim_file* shim(sqlite3_file* file) { return reinterpret_cast<shim_file*>(file); }
sqlite3_file* real(sqlite3_file* file) { return shim(file)->real(); }
sqlite3_vfs* system_vfs = nullptr;

int on_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    if (shim(file)->is_wal) {
        ++fault_vfs::writes;
        if (fault_vfs::fail_wal_write) return SQLITE_IOERR_WRITE;
        if (fault_vfs::wal_disk_full) return SQLITE_FULL;
    }
    if (shim(file)->is_main && fault_vfs::fail_main_write) return SQLITE_IOERR_WRITE;
    return real(file)->pMethods->xWrite(real(file), bytes, size, at);
}

int on_sync(sqlite3_file* file, int flags) {
    if (shim(file)->is_wal) {
        ++fault_vfs::syncs;
        if (fault_vfs::fail_wal_sync) return SQLITE_IOERR_FSYNC;
    }
    return real(file)->pMethods->xSync(real(file), flags);
}

// Everything else goes straight through.
const sqlite3_io_methods methods = {
    3,
    [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); },
    on_write,
    [](sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    on_sync,
    [](sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
    [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); },
    [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); },
    [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    [](sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); },
    [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    [](sqlite3_file* f, int region, int size, int extend, void volatile** out) {
        return real(f)->pMethods->xShmMap(real(f), region, size, extend, out);
    },
    [](sqlite3_file* f, int offset, int n, int flags) {
        return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
    },
    [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
    [](sqlite3_file* f, sqlite3_int64 at, int n, void** out) { return real(f)->pMethods->xFetch(real(f), at, n, out); },
    [](sqlite3_file* f, sqlite3_int64 at, void* page) { return real(f)->pMethods->xUnfetch(real(f), at, page); },
};

int on_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* mine = shim(file);
    mine->base.pMethods = nullptr;
    mine->is_wal = (flags & SQLITE_OPEN_WAL) != 0;
    mine->is_main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    const int rc = system_vfs->xOpen(system_vfs, name, mine->real(), flags, out_flags);
    if (mine->real()->pMethods != nullptr) mine->base.pMethods = &methods;
    return rc;
}

}  // namespace

void fault_vfs::install() {
    if (system_vfs != nullptr) return;
    system_vfs = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs own = *system_vfs;
    own.zName = "carrel-fault";
    own.szOsFile = static_cast<int>(sizeof(shim_file)) + system_vfs->szOsFile;
    own.xOpen = on_open;
    sqlite3_vfs_register(&own, 1);
}

void fault_vfs::heal() { fail_wal_sync = fail_wal_write = wal_disk_full = fail_main_write = false; }

}  // namespace carrel::testing
