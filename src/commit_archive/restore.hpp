#pragma once

#include "commit_archive/catalogue.hpp"

#include <carrel/error.hpp>

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
    std::uint64_t commits = 0;  ///< applied to the base
    std::string note;           ///< that the last write of the archive was broken off; empty if it was not
};

/// Called between the steps of a restore, on its caller's thread.
struct restore_steps {
    std::function<void(double done)> progress;  ///< how much of the archive's files is read, 0 to 1
    std::function<bool()> should_stop;          ///< true ends it with `cancelled`
};

/// Makes a new database `target` out of an archive, as it was at a point. It is there as a whole, checked, on stable storage, or
/// not at all. The archive may be one that a server writes.
///
/// Errors, with a sentence for people: `point_is_missing` if the point is before the first base, in a gap or after the end, with what
/// there is instead; `corrupt` with the file that is damaged and the position in it; those of `sqlite::backup_file`.
result<restored> restore(const std::string& directory, const restore_point& to, const std::string& target,
                         const restore_steps& steps = {});
inline constexpr auto point_is_missing = boost::system::errc::argument_out_of_domain;

/// Generations, what each can be restored to, and the gaps between, a line each. Errors as `restore`.
result<std::string> list_archive(const std::string& directory);

/// A commit as people are shown it.
std::string shown(std::uint64_t sequence, std::int64_t time);

}  // namespace carrel::commits
