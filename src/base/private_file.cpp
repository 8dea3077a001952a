#include "base/private_file.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace carrel::base {
namespace {

// systemd hands a secret to one service in a directory that only this one can enter. There the bits of the group are the
// mask of an access list that names the service's user.
bool is_credential(const std::string& path) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return directory != nullptr && *directory == '/' &&
           std::filesystem::path(path).parent_path() == std::filesystem::path(directory);
}

}  // namespace

std::string mode_text(mode_t mode) {
    char text[8];
    std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
    return text;
}

std::string why_not_private(const struct stat& about, const std::string& path) {
    if (about.st_uid != ::geteuid() && about.st_uid != 0) return "belongs to another user";
    const mode_t forbidden = is_credential(path) ? S_IRWXO | S_IWGRP | S_IXGRP : S_IRWXG | S_IRWXO;
    if ((about.st_mode & forbidden) == 0) return {};
    return "may be read or written by others than its owner (mode " + mode_text(about.st_mode) +
           "); its mode should be 0600";
}

}  // namespace carrel::base
