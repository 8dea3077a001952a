#pragma once

#include <carrel/session.hpp>

#include <cstdint>

// Pages that deleted events leave free go back to the file system, a few at a time: in a file with incremental auto-vacuum.
namespace carrel::siem {

struct file_space {
    std::int64_t pages = 0, free = 0;

    /// Whether so much is free that it will not be used again soon. `is_at_it`: a step has just been done. It begins late
    /// and ends early, so that a file that grows and shrinks a little stays as it is.
    constexpr bool is_too_large(bool is_at_it) const noexcept {
        const std::int64_t kept = (pages - free) / 32 + 512;
        return free > (is_at_it ? kept : 2 * kept);
    }
};

/// Nothing is free in a file that cannot be made smaller while it is used.
result<file_space> space_of(read_session& session);

/// Moves pages from the end of the file into free ones and makes the file shorter by as many, some hundred.
result<void> give_back(write_session& session);

}  // namespace carrel::siem
