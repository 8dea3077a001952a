#pragma once

#include "commit_archive/file.hpp"

#include <carrel/error.hpp>

#include <string>

namespace carrel::commits {

/// The archive's directory, which one process has at a time: whoever locked the file in it. It may be unmounted, moved or removed
/// meanwhile, and come back. Used by one thread at a time.
class held_directory {
public:
    /// Makes the directory if it is not there. `is_named` says whether its name is on stable storage; the directory above need not be
    /// readable. Errors: the system's, with the path; `database_in_use`.
    static result<held_directory> open(const std::string& directory, bool& is_named);

    /// An error, with what has become of it, if its path does not lead to the directory that is held.
    result<void> expect_in_place() const;
    /// Holds whatever is at its path now, in place of what was held. Never makes the directory, and does not take the bare place of a
    /// disk that is not mounted. Errors: the system's, with the path; `database_in_use`.
    result<void> take_again();

private:
    held_directory(std::string directory, file lock, bool is_mount)
        : directory_(std::move(directory)),
          lock_(std::move(lock)),
          is_mount_(is_mount) {}
    static result<file> lock_in(const std::string& directory);

    std::string directory_;
    file lock_;
    bool is_mount_;  // a file system is mounted right there
};

}  // namespace carrel::commits
