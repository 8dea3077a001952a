#pragma once

#include "commit_archive/format.hpp"
#include "commit_archive/layout.hpp"

#include <carrel/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What an archive holds.
namespace carrel::commits {

struct commits_file {
    std::string path;
    std::uint32_t serial = 0;
    std::uint64_t first_sequence = 0;
    bool is_open = false;
};

/// A packed copy of the database and what its description says.
struct base_file {
    std::string path;  ///< without `.zst` and `.json`
    std::uint64_t sequence = 0;
    std::int64_t time = 0;  ///< of that commit
    std::uint64_t bytes = 0, page_bytes = 0;
    std::string sha256;  ///< of the copy, unpacked
};

struct generation {
    std::uint32_t number = 0;
    std::string path;
    std::vector<commits_file> files;  ///< by serial
    std::vector<base_file> bases;     ///< by sequence
    std::string ended;                ///< why it was given up; empty if it was not
    std::string not_begun;  ///< a file, not among the others, of which not even the header was written; may be empty
};

/// All generations, by number. What has another name than the archive gives is passed over. Errors: the system's; `corrupt` for a base
/// whose description cannot be read.
result<std::vector<generation>> read_catalogue(const std::string& directory);

std::string described(const base_file& one);

/// The last commit of a generation that a look at the headers of its blocks finds; without one, what its last file begins with.
result<std::optional<commit>> last_commit(const generation& of);
/// When a commit was made: of the generation, or the one before its first.
result<std::optional<std::int64_t>> time_of(const generation& in, std::uint64_t sequence);
/// Which file must be read first for what came after `sequence`; it may hold commits before it. Nothing if it is not there.
std::optional<std::size_t> first_file_after(const generation& in, std::uint64_t sequence);

}  // namespace carrel::commits
