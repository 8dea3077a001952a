#pragma once

#include <string_view>

namespace carrel::query {

/// Whether `word`, lower-case ASCII letters and digits, occurs in `text` in any case, maybe inside a longer word.
bool occurs(std::string_view text, std::string_view word) noexcept;

/// Whether each ASCII letter and digit of the words in a JSON text's strings stands in it as itself: no `\u` and no
/// character beyond ASCII becomes one.
bool is_literal(std::string_view text);

}  // namespace carrel::query
