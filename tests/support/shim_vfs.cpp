#include "support/shim_vfs.hpp"

#include <sqlite3.h>

#include <atomic>

namespace carrel::testing {
namespace {

// What SQLite sees as a file: our methods in front, the real file behind.
struct shim_file {
    sqlite3_file base;
    file_kind kind;
    const char* path;  // lives as long as the file, says SQLite
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

shim_file& shim(sqlite3_file* file) { return *reinterpret_cast<shim_file*>(file); }
sqlite3_file* real(sqlite3_file* file) { return shim(file).real(); }

sqlite3_vfs* system_vfs = nullptr;
std::atomic<io_hooks*> current{nullptr};

io_call call_of(sqlite3_file* file, io_kind kind) {
    return {kind, shim(file).kind, shim(file).path == nullptr ? "" : shim(file).path};
}

template <class Real>
int around(const io_call& call, int& partial, Real make) {
    auto* hooks = current.load();
    if (hooks == nullptr) return make();
    if (const int refused = hooks->before(call, partial); refused != SQLITE_OK) return refused;
    const int rc = make();
    if (rc == SQLITE_OK) hooks->after(call);
    return rc;
}

int on_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    auto call = call_of(file, io_kind::write);
    call.bytes = {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
    call.at = at;
    const auto write = [&](int count) { return real(file)->pMethods->xWrite(real(file), bytes, count, at); };
    int partial = 0;
    const int rc = around(call, partial, [&] { return write(size); });
    if (rc != SQLITE_OK && partial > 0) write(partial);
    return rc;
}

int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto call = call_of(file, io_kind::truncate);
    call.at = size;
    int partial = 0;
    return around(call, partial, [&] { return real(file)->pMethods->xTruncate(real(file), size); });
}

int on_sync(sqlite3_file* file, int flags) {
    int partial = 0;
    return around(call_of(file, io_kind::sync), partial,
                  [&] { return real(file)->pMethods->xSync(real(file), flags); });
}

// Unmapping: without a memory map it does nothing, but SQLite calls it at the one place where a checkpoint that does not
// hold the write lock can be overtaken.
int on_unfetch(sqlite3_file* file, sqlite3_int64 at, void* page) {
    int partial = 0;
    return around(call_of(file, io_kind::unfetch), partial,
                  [&] { return real(file)->pMethods->xUnfetch(real(file), at, page); });
}

// Everything else goes straight through.
const sqlite3_io_methods methods = {
    3,
    [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); },
    on_write,
    on_truncate,
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
    on_unfetch,
};

file_kind kind_of(int flags) {
    if ((flags & SQLITE_OPEN_WAL) != 0) return file_kind::wal;
    if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) return file_kind::journal;
    return (flags & SQLITE_OPEN_MAIN_DB) != 0 ? file_kind::database : file_kind::other;
}

int on_delete(sqlite3_vfs*, const char* name, int sync_directory) {
    const int rc = system_vfs->xDelete(system_vfs, name, sync_directory);
    if (auto* hooks = current.load(); hooks != nullptr && rc == SQLITE_OK)
        hooks->after({io_kind::remove, file_kind::other, name});
    return rc;
}

int on_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto& mine = shim(file);
    mine.base.pMethods = nullptr;
    mine.kind = kind_of(flags);
    mine.path = name;
    mine.real()->pMethods = nullptr;
    int partial = 0;
    const int rc = around(call_of(file, io_kind::open), partial,
                          [&] { return system_vfs->xOpen(system_vfs, name, mine.real(), flags, out_flags); });
    if (mine.real()->pMethods != nullptr) mine.base.pMethods = &methods;
    return rc;
}

}  // namespace

int io_hooks::before(const io_call&, int&) { return SQLITE_OK; }
void io_hooks::after(const io_call&) {}

void shim_vfs::install() {
    if (system_vfs != nullptr) return;
    system_vfs = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs own = *system_vfs;
    own.zName = "carrel-shim";
    own.szOsFile = static_cast<int>(sizeof(shim_file)) + system_vfs->szOsFile;
    own.xOpen = on_open;
    own.xDelete = on_delete;
    sqlite3_vfs_register(&own, 1);
}

void shim_vfs::set_hooks(io_hooks* hooks) { current = hooks; }

}  // namespace carrel::testing
