#pragma once

#include "sqlite/check.hpp"

namespace carrel::cli {

/// Looks whether each segment has positions, in the order of the segments, and whether what alerts cite is held. For a file
/// of this version.
result<void> inspect_positions(const sqlite::check_query& rows, std::vector<std::string>& findings);

}  // namespace carrel::cli
