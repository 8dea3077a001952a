#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace carrel::sigma {

/// Why a text is no rule, and where: line and column count from 1, the column in characters.
struct fault {
    std::size_t line = 1, column = 1;
    std::string detail;
    bool operator==(const fault&) const = default;
};
using faults = std::vector<fault>;

}  // namespace carrel::sigma
