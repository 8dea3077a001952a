#pragma once

#include <cstdint>
#include <string_view>

namespace carrel::segments {

/// What an event can be found by, as one number: a word of its values, or a member with its value. Two tokens that are
/// equal by chance make a search look at an event in vain, and never miss one.
///
/// The numbers are written in files: these functions never change.
std::uint64_t token_of_word(std::string_view word) noexcept;
/// `key` is what `member_key` made of a top-level member's name, decoded; `text` is a string's value, else the value as it
/// came.
std::uint64_t member_key(std::string_view name) noexcept;
std::uint64_t token_of_member(std::uint64_t key, std::string_view text) noexcept;

}  // namespace carrel::segments
