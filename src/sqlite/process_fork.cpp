#include "sqlite/process_fork.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

namespace carrel {
namespace {

std::atomic<std::uint32_t> generation{0};

// Never destroyed: a handler of fork and a guard in a static object may outlive every destructor of this file.
struct held_files {
    struct entry {
        sqlite::held_file file;
        bool inherited = false;
    };
    std::mutex mutex;
    std::vector<entry> held;              // guarded by mutex
    std::vector<sqlite::held_file> kept;  // guarded by mutex; descriptors that could not be closed
};

held_files& all() {
    static auto* const files = new held_files;
    return *files;
}

void before_fork() { all().mutex.lock(); }
void in_parent() { all().mutex.unlock(); }

// Only what is safe after a fork of a process with many threads: no allocation, no lock but the one held.
void in_child() {
    generation.fetch_add(1, std::memory_order_relaxed);
    for (auto& one : all().held) {
        if (!one.inherited) {
            close(one.file.file_fd);
            close(one.file.lock_fd);
        }
        one.inherited = true;
    }
    all().mutex.unlock();
}

void watch_forks() {
    static std::once_flag once;
    std::call_once(once, [] { pthread_atfork(before_fork, in_parent, in_child); });
}

bool same_file(const sqlite::held_file& one, dev_t device, ino_t inode) {
    return one.device == device && one.inode == inode;
}

}  // namespace

namespace detail {
std::uint32_t fork_generation() noexcept { return generation.load(std::memory_order_relaxed); }
}  // namespace detail

namespace sqlite {

holder holder_of(dev_t device, ino_t inode) {
    std::lock_guard lock(all().mutex);
    for (const auto& one : all().held)
        if (same_file(one.file, device, inode)) return one.inherited ? holder::parent : holder::this_process;
    return holder::nobody;
}

void add_held_file(const held_file& held) {
    watch_forks();
    std::lock_guard lock(all().mutex);
    all().held.push_back({held, false});
}

void remove_held_file(dev_t device, ino_t inode) noexcept {
    std::lock_guard lock(all().mutex);
    std::erase_if(all().held, [&](const auto& one) { return same_file(one.file, device, inode) && !one.inherited; });
}

void close_or_keep(int fd) noexcept {
    // An open file description is another owner than the process, so its query sees the process's own locks, too.
    struct flock wanted {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    const bool locked = fcntl(fd, F_OFD_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK;
    struct stat info {};
    if (!locked || fstat(fd, &info) != 0) {
        close(fd);
        return;
    }
    try {
        std::lock_guard lock(all().mutex);
        all().kept.push_back({info.st_dev, info.st_ino, fd, -1});
    } catch (...) {
        // Out of memory: the descriptor stays open, which is what this is for.
    }
}

int take_kept_descriptor(dev_t device, ino_t inode) noexcept {
    std::lock_guard lock(all().mutex);
    auto& kept = all().kept;
    const auto found =
        std::find_if(kept.begin(), kept.end(), [&](const auto& one) { return same_file(one, device, inode); });
    if (found == kept.end()) return -1;
    const int fd = found->file_fd;
    kept.erase(found);
    return fd;
}

}  // namespace sqlite
}  // namespace carrel
