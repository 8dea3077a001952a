#pragma once

#include <carrel/error.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace carrel::sqlite {

struct copy_report {
    std::uint64_t bytes = 0;
    std::vector<std::string> unseen;  // what belongs to the database and could not be read
};

/// Copies the database at `path`, with what is in its WAL, into the new file `target`, page by page in one snapshot; may
/// run beside a server, whose WAL grows meanwhile. Changes `path` as little as `check_file` does. The copy is not synced:
/// it is for a trial, and `backup` makes what is to be kept.
///
/// `progress` gets the share done, 0–1, on the calling thread. Errors: `not_a_database`, SQLite's codes; `target` is then
/// removed.
result<copy_report> copy_database(const std::string& path, const std::string& target,
                                  const std::function<void(double)>& progress);

}  // namespace carrel::sqlite
