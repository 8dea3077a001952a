#pragma once

#include "base/failure.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::archive {

/// What an archive may cost. Memory stays below its packed size and one entry's bytes, whatever it says of itself.
struct limits {
    std::size_t bytes_max = std::size_t{256} << 20;       ///< unpacked, of all entries together
    std::size_t entry_bytes_max = std::size_t{16} << 20;  ///< unpacked, of one entry
    std::size_t entries_max = 50'000;                     ///< directories count too
};

/// A file in an archive; both are valid for the time of one call.
struct entry {
    std::string_view name;  ///< a relative path in UTF-8, without `..`
    std::string_view bytes;
};

/// Reads a tar, a gzip'd tar or a zip and hands over its files in their order; directories are skipped. Gives how many files
/// there were.
///
/// The archive is refused whole for one entry that is a link, a device or sparse, whose name leads out of its place, that is
/// damaged or beyond a limit; the failure names it. The files before it were handed over by then: a caller that must not
/// apply half an archive keeps them until this has returned, or calls `read_all`.
///
/// A name with a NUL in it is refused in a zip and ends there in a tar. Exceptions of `take` go through.
base::outcome<std::size_t> read(std::string_view bytes, const limits& bounds,
                                const std::function<void(const entry&)>& take);

struct file {
    std::string name;
    std::string bytes;
};

/// All files of an archive, or none; holds up to `bytes_max` of them.
base::outcome<std::vector<file>> read_all(std::string_view bytes, const limits& bounds = {});

}  // namespace carrel::archive
