#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Names of copies of the database, and which of them have served their time. Pure.
namespace carrel::siem {

/// What stands behind the name of a copy while it is made.
inline constexpr std::string_view partial_suffix = ".partial";

/// `carrel-20261127T051200Z.db`, `carrel-20261127T051200Z-2.db` for the second of one second. Sorted by name they are sorted by
/// time.
std::string backup_name(timestamp taken_at, int number = 1);
/// When the copy of this name was taken; nothing for a name that `backup_name` does not make.
std::optional<timestamp> time_in_backup_name(std::string_view name);

/// Why a copy cannot have a name that somebody chose, as a clause about it; empty if it can. It is one file name of 1 to 100 of
/// `A-Z a-z 0-9 . _ -`, begins with none of the last three, ends with `.db`, and is none that `backup_name` makes.
std::string fault_in_backup_name(std::string_view name);
/// Whether a name is one of either kind, so that it stands for a file of the folder itself.
bool is_backup_name(std::string_view name);

/// How many copies are kept, and how long; 0: without that bound. With both a copy goes when it is beyond both.
struct backup_retention {
    std::int64_t copies = 0, days = 0;
    bool has_bounds() const noexcept { return copies > 0 || days > 0; }
};

/// Of these names those whose copies have served their time at `now`, the oldest first. Only names that `backup_name` makes are ever
/// among them, and never the newest of these. A name of a later time, which the clock gave before it was set back, neither goes nor
/// counts: as the newest for long it would let newer copies go.
std::vector<std::string> surplus_backups(std::vector<std::string> names, const backup_retention& kept, timestamp now);

/// Whether the schedule is to make one at `now`, which is µs as all of these: `next` has come, or is further away than `every`, which it
/// can only be since the clock was set back. Never if `every` is 0.
constexpr bool is_backup_due(timestamp now, timestamp next, timestamp every) noexcept {
    return every > 0 && (now >= next || next - now > every);
}

}  // namespace carrel::siem
