#pragma once

#include <carrel/error.hpp>

#include <functional>
#include <string>
#include <vector>

namespace carrel::sqlite {

struct check_report {
    bool ok = false;
    std::vector<std::string> findings;  // what integrity_check and foreign_key_check said, at most 100
};

/// Integrity check of a database through a read-only connection; may run beside a server.
///
/// `progress` gets the share done, 0–1, about ten times a second, on the calling thread. Errors: `no_directory` or
/// `not_a_database` when there is nothing to check; SQLite's codes. Damage is no error, it is in the report.
result<check_report> check_file(const std::string& path, std::function<void(double)> progress);

}  // namespace carrel::sqlite
