#pragma once

#include <carrel/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace carrel::commits {

/// Removes what no restore to `oldest` (µs since 1970) or later needs, and returns how many files that were. What goes on from the newest
/// base before that time stays. With `only_sent` nothing goes that the command did not take. Errors: the system's.
result<std::size_t> drop_before(const std::string& directory, std::int64_t oldest, bool only_sent);

}  // namespace carrel::commits
