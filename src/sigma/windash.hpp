#pragma once

#include "sigma/value.hpp"

#include <optional>
#include <vector>

namespace carrel::sigma {

/// A text with each `-` or `/` that introduces a parameter as any of `-`, `/`, en dash, em dash and horizontal bar. Such a
/// sign stands before a character of a word and not behind one. Nothing if there were too many.
std::optional<std::vector<text_pattern>> expand_dashes(const text_pattern& text);

}  // namespace carrel::sigma
