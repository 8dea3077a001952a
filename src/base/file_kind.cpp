#include "base/file_kind.hpp"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace carrel::base {

file_kind kind_of(const std::string& path) noexcept {
    struct stat about {};
    struct statfs place {};
    if (::stat(path.c_str(), &about) != 0) return file_kind::unknown;
    if (S_ISREG(about.st_mode)) return file_kind::regular;
    const bool is_unnamed =
        S_ISFIFO(about.st_mode) && ::statfs(path.c_str(), &place) == 0 && place.f_type == PIPEFS_MAGIC;
    return is_unnamed ? file_kind::unnamed_pipe : file_kind::other;
}

}  // namespace carrel::base
