#pragma once

#include <cstddef>

namespace carrel::query {

/// Bounds of a query. What is beyond them is an error with its position.
inline constexpr std::size_t text_max = 4'096;  // bytes
inline constexpr std::size_t nesting_max = 32;  // parentheses and NOTs
inline constexpr std::size_t terms_max = 256;   // words, and tests of a field
inline constexpr std::size_t phrase_max = 64;   // words of one phrase

/// Members whose path is longer are found by the words of their values alone. It keeps what an event costs linear: each
/// member's path is hashed whole.
inline constexpr std::size_t path_max = 1'024;

/// How deep events nest; `event_reader` refuses deeper ones.
inline constexpr std::size_t json_depth_max = 256;

}  // namespace carrel::query
