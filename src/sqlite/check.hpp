#pragma once

#include <carrel/error.hpp>

#include <functional>
#include <string>
#include <vector>

namespace carrel::sqlite {

struct check_report {
    bool ok = false;                    // nothing found in what was read
    std::vector<std::string> findings;  // what integrity_check and foreign_key_check said, at most 100
    std::vector<std::string> unseen;    // what belongs to the database and was not read; without it `ok` says less
};

/// Integrity check of a database; may run beside a server. Changes neither the database nor its WAL and makes no file,
/// also where nothing may be written; in a WAL's index that is there it marks its place, as every reader does.
///
/// `progress` gets the share done, 0–1, about ten times a second, on the calling thread. Errors: `not_a_database` when
/// there is nothing to check; SQLite's codes. Damage is not an error, it is in the report.
result<check_report> check_file(const std::string& path, std::function<void(double)> progress);

}  // namespace carrel::sqlite
