// Preloaded into a program: its WAL is on a disk that fails while a file of that name stands in CARREL_TEST_BAD_DISK.
//   no-sync         fdatasync and fsync fail with EIO
//   no-space        writes fail with ENOSPC
//   index-no-space  so do those of the WAL's index
// The same of a backup that is being made, `*.partial`, by copy-no-sync and copy-no-space, and of the archive of commits by
// archive-no-sync and archive-no-space.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

bool has_path(int descriptor, const char* part, bool at_end) {
    std::array<char, 64> link{};
    std::array<char, 4096> path{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", descriptor);
    const auto size = readlink(link.data(), path.data(), path.size() - 1);
    if (size <= 0) return false;
    const char* found = std::strstr(path.data(), part);
    return found != nullptr && (!at_end || found[std::strlen(part)] == '\0');
}

bool stands(const char* folder, const char* prefix, const char* how) {
    std::array<char, 4096> path{};
    std::snprintf(path.data(), path.size(), "%s/%s%s", folder, prefix, how);
    return access(path.data(), F_OK) == 0;
}

bool fails(const char* how, int descriptor) {
    const char* folder = std::getenv("CARREL_TEST_BAD_DISK");
    if (folder == nullptr) return false;
    return (stands(folder, "", how) && has_path(descriptor, "-wal", true)) ||
           (stands(folder, "index-", how) && has_path(descriptor, "-shm", true)) ||
           (stands(folder, "copy-", how) && has_path(descriptor, ".partial", true)) ||
           (stands(folder, "archive-", how) && has_path(descriptor, ".cwal", false));
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

template <class Call>
auto unless(const char* how, int descriptor, int number, Call call) -> decltype(call()) {
    if (!fails(how, descriptor)) return call();
    errno = number;
    return -1;
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
    static auto* real = next<int(int)>("fsync");
    return unless("no-sync", descriptor, EIO, [&] { return real(descriptor); });
}
int fdatasync(int descriptor) {
    static auto* real = next<int(int)>("fdatasync");
    return unless("no-sync", descriptor, EIO, [&] { return real(descriptor); });
}
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
    static auto* real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    return unless("no-space", descriptor, ENOSPC, [&] { return real(descriptor, bytes, count, at); });
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
    static auto* real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return unless("no-space", descriptor, ENOSPC, [&] { return real(descriptor, bytes, count, at); });
}
}
