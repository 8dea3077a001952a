#include "cli/file_safety.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace carrel::cli {
namespace {

std::string mode_of(const struct stat& about) {
    char text[8];
    std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(about.st_mode & 07777));
    return text;
}

// systemd hands a secret to one service in a directory that only this one can enter. There the bits of the group are the
// mask of an access list that names the service's user.
bool is_credential(const std::string& path) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return directory != nullptr && *directory == '/' &&
           std::filesystem::path(path).parent_path() == std::filesystem::path(directory);
}

bool is_open_to_all(const struct stat& about) { return (about.st_mode & S_IWOTH) != 0; }

}  // namespace

std::string unsafe_settings(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return {};
    if (about.st_uid != ::geteuid() && about.st_uid != 0) return "belongs to another user";
    if (is_open_to_all(about)) return "may be written by everyone (mode " + mode_of(about) + ")";
    return {};
}

std::string unsafe_key(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return {};
    if (about.st_uid != ::geteuid() && about.st_uid != 0) return path + " belongs to another user";
    const mode_t forbidden = is_credential(path) ? S_IRWXO | S_IWGRP | S_IXGRP : S_IRWXG | S_IRWXO;
    if ((about.st_mode & forbidden) != 0)
        return path + " may be read by others (mode " + mode_of(about) + "; it must be 0600 or 0400)";
    return {};
}

std::string unsafe_database(const std::string& path) {
    if (path == ":memory:") return {};
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && is_open_to_all(about))
        return path + " may be written by everyone (mode " + mode_of(about) + ")";
    const auto parent = std::filesystem::path(path).parent_path();
    const std::string directory = parent.empty() ? "." : parent.string();
    if (::stat(directory.c_str(), &about) == 0 && is_open_to_all(about) && (about.st_mode & S_ISVTX) == 0)
        return "the directory " + directory + " may be written by everyone (mode " + mode_of(about) + ")";
    return {};
}

}  // namespace carrel::cli
