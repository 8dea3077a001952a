#pragma once

#include <carrel/error.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace carrel {

/// How far a backup is.
struct backup_progress {
    std::uint64_t pages_done = 0;  ///< Of the first pass; what changes meanwhile is copied after it.
    std::uint64_t pages_all = 0;
    bool is_checking = false;  ///< All is copied, and the copy is checked.
};

/// Settings of one backup.
struct backup_options {
    std::uint64_t bytes_per_second_max =
        0;  ///< How fast it copies; 0: as fast as it can, at the priority of a background reader.
    /// Called on the backup's thread between its steps; true ends it with `cancelled`. Must not block or throw.
    std::function<bool()> should_stop = {};
    /// Called there, too; must not block or throw.
    std::function<void(const backup_progress&)> on_progress = {};
    /// Called on the backup's thread with the path of the whole copy, which nobody else uses and which quick_check found sound,
    /// before it gets its name: an error ends the backup with it, and nothing is left. Must not throw.
    std::function<result<void>(const std::string& path)> verify = {};
};

}  // namespace carrel
