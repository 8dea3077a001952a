#pragma once

#include "sigma/fault.hpp"

#include <optional>
#include <string_view>

namespace carrel::sigma {

/// The place of a byte in a text.
fault fault_at(std::string_view text, std::size_t offset, std::string_view detail);

/// What makes a text unfit to be read at all: a byte that is not UTF-8, a NUL or another control character.
std::optional<fault> find_bad_character(std::string_view text);

/// A byte order mark in front is no part of the text.
inline std::string_view without_mark(std::string_view text) {
    return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

}  // namespace carrel::sigma
