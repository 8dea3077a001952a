// The C library's calls that change files, which SQLite's and C++'s libraries make through their names, too: a program that is linked
// with this file has each of them noted by the disk_recorder that is at work.
#include "support/disk_recorder.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

namespace {

using carrel::testing::disk_recorder;

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

template <class Call, class Note>
auto noted(Call call, Note note) -> decltype(call()) {
    auto* recorder = disk_recorder::current();
    if (recorder == nullptr) return call();
    const std::lock_guard lock(recorder->mutex());
    const auto done = call();
    const int number = errno;
    if (done >= 0) note(*recorder, done);
    errno = number;
    return done;
}

// Others' descriptors may block, such as pipes.
template <class Call, class Note>
auto noted_of(int descriptor, Call call, Note note) -> decltype(call()) {
    auto* recorder = disk_recorder::current();
    if (recorder != nullptr) {
        const std::lock_guard lock(recorder->mutex());
        if (!recorder->tracks(descriptor)) recorder = nullptr;
    }
    return recorder == nullptr ? call() : noted(call, note);
}

std::string path_at(int directory, const char* path) {
    if (path[0] == '/' || directory == AT_FDCWD) return path;
    std::array<char, 64> link{};
    std::array<char, 4096> target{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", directory);
    const auto size = readlink(link.data(), target.data(), target.size() - 1);
    return std::string(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0) + "/" + path;
}

template <class Call>
int open_noted(const std::string& path, int flags, Call call) {
    return noted(call, [&](disk_recorder& recorder, int descriptor) {
        recorder.opened(path, (flags & O_CREAT) != 0, (flags & O_TRUNC) != 0, descriptor);
    });
}

mode_t mode_of(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

template <class Call>
ssize_t write_noted(int descriptor, const void* bytes, Call call) {
    return noted_of(descriptor, call, [&](disk_recorder& recorder, ssize_t count) {
        const auto end = lseek(descriptor, 0, SEEK_CUR);
        recorder.written(descriptor, {static_cast<const char*>(bytes), static_cast<std::size_t>(count)},
                         static_cast<std::uint64_t>(end - count));
    });
}

template <class Call>
ssize_t write_at_noted(int descriptor, const void* bytes, std::uint64_t at, Call call) {
    return noted_of(descriptor, call, [&](disk_recorder& recorder, ssize_t count) {
        recorder.written(descriptor, {static_cast<const char*>(bytes), static_cast<std::size_t>(count)}, at);
    });
}

template <class Call>
int truncate_noted(int descriptor, std::uint64_t size, Call call) {
    return noted_of(descriptor, call, [&](disk_recorder& recorder, int) { recorder.truncated(descriptor, size); });
}

bool fails_sync(int descriptor) {
    auto* recorder = disk_recorder::current();
    if (recorder == nullptr) return false;
    const std::lock_guard lock(recorder->mutex());
    return recorder->tracks(descriptor) && recorder->fails_sync(descriptor);
}

template <class Call>
int sync_noted(int descriptor, Call call) {
    if (fails_sync(descriptor)) {
        errno = EIO;
        return -1;
    }
    return noted_of(descriptor, call, [&](disk_recorder& recorder, int) { recorder.synced(descriptor); });
}

template <class Call>
int remove_noted(const std::string& path, Call call) {
    return noted(call, [&](disk_recorder& recorder, int) { recorder.removed(path); });
}

template <class Call>
int rename_noted(const std::string& from, const std::string& to, Call call) {
    return noted(call, [&](disk_recorder& recorder, int) { recorder.renamed(from, to); });
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    static auto* real = next<int(const char*, int, ...)>("open");
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_noted(path, flags, [&] { return real(path, flags, mode); });
}
int open64(const char* path, int flags, ...) {
    static auto* real = next<int(const char*, int, ...)>("open64");
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_noted(path, flags, [&] { return real(path, flags, mode); });
}
int openat(int directory, const char* path, int flags, ...) {
    static auto* real = next<int(int, const char*, int, ...)>("openat");
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_noted(path_at(directory, path), flags, [&] { return real(directory, path, flags, mode); });
}
int close(int descriptor) {
    static auto* real = next<int(int)>("close");
    auto* recorder = disk_recorder::current();
    if (recorder != nullptr) {
        const std::lock_guard lock(recorder->mutex());
        recorder->closed(descriptor);
    }
    return real(descriptor);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
    static auto* real = next<ssize_t(int, const void*, size_t)>("write");
    return write_noted(descriptor, bytes, [&] { return real(descriptor, bytes, count); });
}
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
    static auto* real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    return write_at_noted(descriptor, bytes, static_cast<std::uint64_t>(at),
                          [&] { return real(descriptor, bytes, count, at); });
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
    static auto* real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return write_at_noted(descriptor, bytes, static_cast<std::uint64_t>(at),
                          [&] { return real(descriptor, bytes, count, at); });
}
int ftruncate(int descriptor, off_t size) noexcept {
    static auto* real = next<int(int, off_t)>("ftruncate");
    return truncate_noted(descriptor, static_cast<std::uint64_t>(size), [&] { return real(descriptor, size); });
}
int ftruncate64(int descriptor, off64_t size) noexcept {
    static auto* real = next<int(int, off64_t)>("ftruncate64");
    return truncate_noted(descriptor, static_cast<std::uint64_t>(size), [&] { return real(descriptor, size); });
}
int fsync(int descriptor) {
    static auto* real = next<int(int)>("fsync");
    return sync_noted(descriptor, [&] { return real(descriptor); });
}
int fdatasync(int descriptor) {
    static auto* real = next<int(int)>("fdatasync");
    return sync_noted(descriptor, [&] { return real(descriptor); });
}

int mkdir(const char* path, mode_t mode) noexcept {
    static auto* real = next<int(const char*, mode_t)>("mkdir");
    return noted([&] { return real(path, mode); },
                 [&](disk_recorder& recorder, int) { recorder.made_directory(path); });
}
int rename(const char* from, const char* to) noexcept {
    static auto* real = next<int(const char*, const char*)>("rename");
    return rename_noted(from, to, [&] { return real(from, to); });
}
int renameat2(int from_in, const char* from, int to_in, const char* to, unsigned flags) noexcept {
    static auto* real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
    return rename_noted(path_at(from_in, from), path_at(to_in, to),
                        [&] { return real(from_in, from, to_in, to, flags); });
}
int unlink(const char* path) noexcept {
    static auto* real = next<int(const char*)>("unlink");
    return remove_noted(path, [&] { return real(path); });
}
int unlinkat(int directory, const char* path, int flags) noexcept {
    static auto* real = next<int(int, const char*, int)>("unlinkat");
    return remove_noted(path_at(directory, path), [&] { return real(directory, path, flags); });
}
int rmdir(const char* path) noexcept {
    static auto* real = next<int(const char*)>("rmdir");
    return remove_noted(path, [&] { return real(path); });
}
int remove(const char* path) noexcept {
    static auto* real = next<int(const char*)>("remove");
    return remove_noted(path, [&] { return real(path); });
}
}
