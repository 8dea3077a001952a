#include "background/backup_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace carrel::siem {

namespace {

bool is_left_over(std::string_view name) {
    if (name.starts_with(removed_prefix)) return is_backup_name(name.substr(removed_prefix.size()));
    return name.ends_with(partial_suffix) && is_backup_name(name.substr(0, name.size() - partial_suffix.size()));
}

// A backup that runs has it locked.
void remove_unlocked(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return;
    struct stat info {};
    if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && ::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
    ::close(fd);
}

std::vector<std::string> files_in(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code ec;
    for (std::filesystem::directory_iterator at(directory, ec), end; !ec && at != end; at.increment(ec))
        names.push_back(at->path().filename().string());
    return names;
}

}  // namespace

std::vector<std::string> copies_in(const std::string& directory) {
    auto all = files_in(directory);
    std::erase_if(all, [](const std::string& each) { return !is_backup_name(each); });
    return all;
}

void remove_left_overs(const std::string& directory) {
    for (const auto& name : files_in(directory))
        if (is_left_over(name)) remove_unlocked(directory + "/" + name);
}

std::vector<std::string> remove_copies(const std::string& directory, std::vector<std::string> names,
                                       const std::function<void(const std::string&)>& failed) {
    std::erase_if(names, [&](const std::string& name) {
        if (::unlink((directory + "/" + name).c_str()) == 0) return false;
        failed(name + " could not be removed: " + std::strerror(errno));
        return true;
    });
    return names;
}

std::vector<std::string> remove_surplus(const std::string& directory, const backup_retention& kept, timestamp now,
                                        const std::function<void(const std::string&)>& failed) {
    return remove_copies(directory, surplus_backups(copies_in(directory), kept, now), failed);
}

}  // namespace carrel::siem
