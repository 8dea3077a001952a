#pragma once

#include "base/failure.hpp"
#include "commit_archive/catalogue.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::commits {

/// A point that a database can be brought to: the last commit, the last one up to a number, or the last one up to a time.
struct restore_point {
    enum class kind { latest, sequence, time };
    kind is = kind::latest;
    std::uint64_t sequence = 0;
    std::int64_t time = 0;
};

/// `latest`, a number, or a time as RFC 3339 writes it, also relative to `now` (`-15m`).
std::optional<restore_point> parse_point(std::string_view text, std::int64_t now);

struct restored {
    std::uint64_t sequence = 0;
    std::int64_t time = 0;
    bool is_time_estimated = false;
    std::uint32_t generation = 0;
    std::uint64_t commits = 0, bytes = 0;
    std::string note;  ///< that the last write of the archive was broken off; empty if it was not
};

/// Makes a new database `target` out of an archive, as it was at a point. It is there as a whole, checked, on stable storage, or
/// not at all. The archive may be one that a server writes. `progress` gets the commits applied so far.
///
/// A failure says why: the point is before the first base, in a gap or after the end, and what there is instead; a file is damaged, with its
/// path and the position in it; `target` exists.
base::outcome<restored> restore(const std::string& directory, const restore_point& to, const std::string& target,
                                const std::function<void(std::uint64_t commits)>& progress);

/// Generations, what each can be restored to, and the gaps between, a line each.
base::outcome<std::string> list_archive(const std::string& directory);

/// A commit as people are shown it.
std::string shown(std::uint64_t sequence, std::int64_t time);

}  // namespace carrel::commits
