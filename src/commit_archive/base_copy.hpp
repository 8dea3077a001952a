#pragma once

#include "commit_archive/catalogue.hpp"
#include "commit_archive/pack.hpp"

#include <carrel/database.hpp>

#include <functional>
#include <stop_token>
#include <string>

namespace carrel::commits {

/// Copies the database to a new file, as one snapshot shows it, while everybody goes on. Blocks; `errc::cancelled` on a stop.
result<void> copy_database(database& store, const std::string& target, const std::stop_token& stop);

/// Makes a base in a generation: copies, packs, describes. `time_of_commit` says when the copy's last commit was archived, and
/// waits for that; its failure is the base's. Returns what was there already if there is one with that commit. Errors: those of a backup,
/// the system's.
using commit_time = std::function<result<std::int64_t>(std::uint64_t sequence)>;
result<base_file> make_base(database& store, const std::string& generation, const commit_time& time_of_commit,
                            const std::stop_token& stop);

/// Removes what a base that was broken off has left.
void remove_partial_bases(const std::string& generation) noexcept;

/// Unpacks a base and compares its digest. Errors: those of `to`; `corrupt`.
result<void> unpack_base(const base_file& from, const byte_sink& to);

}  // namespace carrel::commits
