#include "commit_archive/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace carrel::commits {

error system_failure(const std::string& path, int number) {
    return {error_code(number, boost::system::system_category()), path};
}

file::file(file&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

file& file::operator=(file&& other) noexcept {
    close();
    path_ = std::move(other.path_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    return *this;
}

file::~file() { close(); }

void file::close() noexcept {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

// What is no file, such as a pipe that nobody writes, is not waited for.
result<file> file::open(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (descriptor < 0) return system_failure(path, errno);
    return file(descriptor, path);
}

result<file> file::open_to_read(const std::string& path) { return open(path, O_RDONLY); }
result<file> file::create(const std::string& path) { return open(path, O_RDWR | O_CREAT | O_EXCL); }
result<file> file::open_or_create(const std::string& path) { return open(path, O_RDWR | O_CREAT); }
result<file> file::open_to_change(const std::string& path) { return open(path, O_RDWR); }

result<std::uint64_t> file::size() const {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) return system_failure(path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
}

result<void> file::expect_in_place() const {
    struct stat mine {};
    struct stat named {};
    if (::fstat(descriptor_, &mine) != 0 || ::lstat(path_.c_str(), &named) != 0) return system_failure(path_, errno);
    if (mine.st_dev != named.st_dev || mine.st_ino != named.st_ino) return system_failure(path_, ENOENT);
    return {};
}

result<std::string> file::read(std::uint64_t at, std::size_t bytes) const {
    std::string text(bytes, '\0');
    std::size_t done = 0;
    while (done < bytes) {
        const auto got = ::pread(descriptor_, text.data() + done, bytes - done, static_cast<off_t>(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_failure(path_, errno);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return text;
}

result<void> file::write(std::uint64_t at, std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto put = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return system_failure(path_, put < 0 ? errno : EIO);
        bytes.remove_prefix(static_cast<std::size_t>(put));
        at += static_cast<std::uint64_t>(put);
    }
    return {};
}

result<void> file::truncate(std::uint64_t size) const {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return system_failure(path_, errno);
    return {};
}

result<void> file::sync() const {
    if (::fsync(descriptor_) != 0) return system_failure(path_, errno);
    return {};
}

result<void> file::lock() const {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) return system_failure(path_, errno);
    return {};
}

result<void> sync_directory(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (descriptor < 0) return system_failure(path, errno);
    const int failed = ::fsync(descriptor) != 0 ? errno : 0;
    ::close(descriptor);
    if (failed != 0) return system_failure(path, failed);
    return {};
}

result<void> rename_synced(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_failure(to, errno);
    return sync_directory(std::filesystem::path(to).parent_path());
}

result<void> write_whole(const std::string& path, std::string_view text) {
    const std::string partial = path + ".partial";
    ::unlink(partial.c_str());
    auto made = file::create(partial);
    if (!made) return made.error();
    auto done = made->write(0, text);
    if (done) done = made->sync();
    if (done) done = rename_synced(partial, path);
    if (!done) ::unlink(partial.c_str());
    return done;
}

result<std::string> read_whole(const std::string& path, std::size_t bytes_max) {
    auto opened = file::open_to_read(path);
    if (!opened) return opened.error();
    return opened->read(0, bytes_max);
}

}  // namespace carrel::commits
