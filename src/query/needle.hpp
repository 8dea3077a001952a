#pragma once

#include <string_view>

namespace carrel::query {

/// Whether `word`, lower-case ASCII letters and digits, occurs in `text` in any case, maybe inside a longer word.
bool occurs(std::string_view text, std::string_view word) noexcept;

/// Whether each letter and digit of a JSON text's strings stands in it as itself: it is ASCII and has no `\u`.
bool is_literal(std::string_view json) noexcept;

}  // namespace carrel::query
