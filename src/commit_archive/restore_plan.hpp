#pragma once

#include "base/failure.hpp"
#include "commit_archive/restore.hpp"

#include <vector>

namespace carrel::commits {

/// What to unpack and apply.
struct restore_plan {
    generation from;
    base_file start;
    std::size_t first_file = 0;
};

/// Chooses the newest base that does not come after the point, and makes sure that what follows it reaches the point.
base::outcome<restore_plan> plan_restore(const std::vector<generation>& all, const restore_point& to);

}  // namespace carrel::commits
