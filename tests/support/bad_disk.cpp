// Preloaded into a program: its WAL is on a disk that fails while a file of that name stands in CARREL_TEST_BAD_DISK.
//   no-sync    fdatasync and fsync fail with EIO
//   no-space   writes fail with ENOSPC
//   archive-no-space   writes to the archive of commits do
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// Of the WAL, or of the archive of commits.
bool is_meant(const char* how, int descriptor) {
    std::array<char, 64> link{};
    std::array<char, 4096> path{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", descriptor);
    const auto size = readlink(link.data(), path.data(), path.size() - 1);
    if (std::strncmp(how, "archive-", 8) == 0) return size > 0 && std::strstr(path.data(), ".cwal") != nullptr;
    return size > 4 && std::strcmp(path.data() + size - 4, "-wal") == 0;
}

bool fails(const char* how, int descriptor) {
    const char* folder = std::getenv("CARREL_TEST_BAD_DISK");
    if (folder == nullptr) return false;
    std::array<char, 4096> path{};
    std::snprintf(path.data(), path.size(), "%s/%s", folder, how);
    return access(path.data(), F_OK) == 0 && is_meant(how, descriptor);
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
    return unless("archive-no-space", descriptor, ENOSPC, [&] {
        return unless("no-space", descriptor, ENOSPC, [&] { return real(descriptor, bytes, count, at); });
    });
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
    static auto* real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return unless("archive-no-space", descriptor, ENOSPC, [&] {
        return unless("no-space", descriptor, ENOSPC, [&] { return real(descriptor, bytes, count, at); });
    });
}
}
