#include "commit_archive/held_directory.hpp"

#include "commit_archive/layout.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace carrel::commits {
namespace {

// What is not known counts as no mount: then nothing but the directory's name is relied on.
result<bool> is_mount(const std::string& directory) {
    struct statx info {};
    if (::statx(AT_FDCWD, directory.c_str(), 0, STATX_TYPE, &info) != 0) return system_failure(directory, errno);
    if (!S_ISDIR(info.stx_mode)) return system_failure(directory, ENOTDIR);
    return (info.stx_attributes & info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace

result<file> held_directory::lock_in(const std::string& directory) {
    auto lock = file::open_or_create(directory + "/" + lock_name);
    if (!lock) return lock.error();
    auto locked = lock->lock();
    if (locked) return lock;
    if (locked.error().code().value() != EWOULDBLOCK) return locked.error();
    return error(errc::database_in_use, directory + " is the archive of another server");
}

result<held_directory> held_directory::open(const std::string& directory, bool& is_named) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return system_failure(directory, errno);
    // Its name in the directory above.
    const auto named = sync_directory(directory + "/..");
    if (!named && named.error().code().value() != EACCES) return named.error();
    is_named = named.has_value();
    const auto mount = is_mount(directory);
    if (!mount) return mount.error();
    auto lock = lock_in(directory);
    if (!lock) return lock.error();
    return held_directory(directory, std::move(*lock), *mount);
}

result<void> held_directory::expect_in_place() const { return lock_.expect_in_place(); }

result<void> held_directory::take_again() {
    const auto mount = is_mount(directory_);
    if (!mount && mount.error().code().value() == ENOENT)
        return error(mount.error().code(), directory_ + ": it was unmounted, moved or removed, and is not made anew");
    if (!mount) return mount.error();
    if (is_mount_ && !*mount) return error(system_failure(directory_ + ": its disk is not mounted", ENODEV));
    if (auto named = sync_directory(directory_ + "/.."); !named && named.error().code().value() != EACCES)
        return named.error();
    auto lock = lock_in(directory_);
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    return {};
}

}  // namespace carrel::commits
