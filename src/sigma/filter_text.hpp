#pragma once

#include "sigma/rule.hpp"

namespace carrel::sigma {

/// Reads a condition over events that stands by itself: a whole filter document, or only a map of searches with their
/// condition, which then makes a rule of kind `detection` without a title.
std::variant<rule, faults> parse_filter(std::string_view document);

}  // namespace carrel::sigma
