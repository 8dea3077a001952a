#include "sqlite/private_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace carrel::sqlite {
namespace {

constexpr const char* bases[] = {"/dev/shm", "/tmp"};
constexpr std::string_view prefix = "carrel-memory-";
constexpr std::string_view pattern_end = "XXXXXX";

bool is_ours(const char* path) {
    struct stat info {};
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 077) == 0;
}

// A directory that is made at this moment may be taken away too; its maker then makes another one.
void remove_if_ownerless(const std::string& directory) {
    if (!is_ours(directory.c_str())) return;
    const auto lock_path = private_file(directory) + ".lock";
    const int fd = open(lock_path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        rmdir(directory.c_str());  // fails unless it is empty
        return;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) remove_private_directory(directory);
    close(fd);
}

struct close_listing {
    void operator()(DIR* listing) const noexcept { closedir(listing); }
};

}  // namespace

std::string private_file(const std::string& directory) { return directory + "/carrel.db"; }

result<std::string> make_private_directory() {
    for (const char* base : bases) {
        std::string pattern = std::string(base) + "/" + std::string(prefix) + std::string(pattern_end);
        if (mkdtemp(pattern.data()) != nullptr) return pattern;
    }
    return error(error_code(errno, boost::system::system_category()),
                 std::string("a private directory: ") + std::strerror(errno));
}

void remove_file(const std::string& path, const char* rest) noexcept {
    std::array<char, PATH_MAX> name{};
    const auto length = std::snprintf(name.data(), name.size(), "%s%s", path.c_str(), rest);
    if (length > 0 && static_cast<std::size_t>(length) < name.size()) unlink(name.data());
}

void remove_database_files(const std::string& path) noexcept {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) remove_file(path, suffix);
}

void remove_private_directory(const std::string& directory) noexcept {
    for (const char* name : {"/carrel.db", "/carrel.db-wal", "/carrel.db-shm", "/carrel.db-journal", "/carrel.db.lock"})
        remove_file(directory, name);
    rmdir(directory.c_str());
}

void remove_ownerless_directories() {
    for (const char* base : bases) {
        const std::unique_ptr<DIR, close_listing> listing(opendir(base));
        while (const auto* entry = listing ? readdir(listing.get()) : nullptr) {
            const std::string_view name = entry->d_name;
            if (name.starts_with(prefix) && name.size() == prefix.size() + pattern_end.size())
                remove_if_ownerless(std::string(base) + "/" + std::string(name));
        }
    }
}

}  // namespace carrel::sqlite
