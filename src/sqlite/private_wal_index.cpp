#include "sqlite/private_wal_index.hpp"

#include <sqlite3.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace carrel::sqlite {
namespace {

// One connection's file: SQLite's methods with those for shared memory replaced, and the memory.
struct wrapped_file {
    sqlite3_io_methods methods;
    const sqlite3_io_methods* original;
    std::vector<std::unique_ptr<char[]>> regions;
};

struct wrapped_files {
    std::mutex mutex;
    std::map<sqlite3_file*, std::unique_ptr<wrapped_file>> by_file;  // guarded by mutex
};

wrapped_files& all() {
    static wrapped_files files;
    return files;
}

wrapped_file* find(sqlite3_file* file) {
    std::lock_guard lock(all().mutex);
    return all().by_file.at(file).get();
}

int map_region(sqlite3_file* file, int index, int bytes, int extend, void volatile** mapped) {
    auto& regions = find(file)->regions;
    const auto wanted = static_cast<std::size_t>(index);
    *mapped = nullptr;
    if (wanted >= regions.size() && extend == 0) return SQLITE_OK;
    try {
        while (regions.size() <= wanted) regions.emplace_back(new char[static_cast<std::size_t>(bytes)]());
    } catch (const std::bad_alloc&) {
        return SQLITE_NOMEM;
    }
    *mapped = regions[wanted].get();
    return SQLITE_OK;
}

int lock_region(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void barrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }
int unmap(sqlite3_file* file, int) {
    find(file)->regions.clear();
    return SQLITE_OK;
}

int close(sqlite3_file* file) {
    const auto* original = find(file)->original;
    file->pMethods = original;
    const int rc = original->xClose(file);
    std::lock_guard lock(all().mutex);
    all().by_file.erase(file);
    return rc;
}

}  // namespace

bool use_private_wal_index(sqlite3* db) {
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
        file->pMethods == nullptr || file->pMethods->iVersion < 2)
        return false;
    auto wrapped = std::make_unique<wrapped_file>(wrapped_file{*file->pMethods, file->pMethods, {}});
    wrapped->methods.xClose = close;
    wrapped->methods.xShmMap = map_region;
    wrapped->methods.xShmLock = lock_region;
    wrapped->methods.xShmBarrier = barrier;
    wrapped->methods.xShmUnmap = unmap;
    const auto* methods = &wrapped->methods;
    std::lock_guard lock(all().mutex);
    all().by_file[file] = std::move(wrapped);
    file->pMethods = methods;
    return true;
}

}  // namespace carrel::sqlite
