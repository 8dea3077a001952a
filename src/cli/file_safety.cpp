#include "cli/file_safety.hpp"

#include "base/private_file.hpp"
#include "cli/command.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace carrel::cli {
namespace {

bool is_open_to_all(const struct stat& about) { return (about.st_mode & S_IWOTH) != 0; }

}  // namespace

std::string unsafe_settings(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return {};
    if (about.st_uid != ::geteuid() && about.st_uid != 0) return "belongs to another user";
    if (is_open_to_all(about)) return "may be written by everyone (mode " + base::mode_text(about.st_mode) + ")";
    return {};
}

std::string unsafe_key(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return {};
    const auto why = base::why_not_private(about, path);
    return why.empty() ? why : path + " " + why;
}

std::string unsafe_database(const std::string& path) {
    if (path == ":memory:") return {};
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && is_open_to_all(about))
        return path + " may be written by everyone (mode " + base::mode_text(about.st_mode) + ")";
    const auto parent = std::filesystem::path(path).parent_path();
    const std::string directory = parent.empty() ? "." : parent.string();
    if (::stat(directory.c_str(), &about) == 0 && is_open_to_all(about) && (about.st_mode & S_ISVTX) == 0)
        return "the directory " + directory + " may be written by everyone (mode " + base::mode_text(about.st_mode) +
               ")";
    return {};
}

int status_of_secret(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return errno == EACCES ? exit_permission : exit_file;
    if (!S_ISREG(about.st_mode)) return exit_file;
    const bool is_usable = base::why_not_private(about, path).empty() && ::access(path.c_str(), R_OK) == 0;
    return is_usable ? exit_file : exit_permission;
}

std::vector<std::string> database_files_open_to_others(const std::string& path) {
    std::vector<std::string> found;
    mode_t known = 0;
    for (const char* const ending : {"", "-wal", "-shm"}) {
        struct stat about {};
        if (::stat((path + ending).c_str(), &about) != 0) continue;
        const mode_t open = about.st_mode & (S_IRWXG | S_IRWXO);
        if ((open & ~known) != 0) found.push_back(path + ending + " (mode " + base::mode_text(about.st_mode) + ")");
        known |= open;
    }
    return found;
}

std::string same_file(const std::string& path, const std::vector<std::string>& files) {
    namespace fs = std::filesystem;
    std::error_code ec;
    // Of a relative path whose first part is not there nothing is resolved.
    const auto place_of = [&ec](const std::string& of) { return fs::weakly_canonical(fs::absolute(of, ec), ec); };
    const auto place = place_of(path);
    for (const auto& each : files)
        if (fs::equivalent(path, each, ec) || (!place.empty() && place_of(each) == place)) return each;
    return {};
}

}  // namespace carrel::cli
