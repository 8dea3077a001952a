#pragma once

#include <cstddef>
#include <string_view>

namespace carrel::cli {

/// Where a byte beyond ASCII stands outside the texts and comments of a TOML file, or behind a backslash in a text; npos if
/// nowhere. TOML has none there but between the lines of a folded text, and the classification of characters in toml++ 3.3
/// has undefined behaviour for some of them (U+00A1 to U+0499).
std::size_t find_stray_letter(std::string_view toml) noexcept;

}  // namespace carrel::cli
