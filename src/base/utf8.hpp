#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace carrel::json {

/// One code point at the front of a text: how many bytes it took; 0 for what is not UTF-8 (overlong forms, surrogates and
/// what is beyond U+10FFFF included).
struct code_point {
    char32_t value = 0;
    std::size_t size = 0;
};
code_point first_code_point(std::string_view text) noexcept;

/// How many code points a valid text has.
std::size_t count_code_points(std::string_view text) noexcept;

/// The text with what is not UTF-8 replaced by U+FFFD.
std::string as_utf8(std::string_view bytes);

/// Appends a code point as UTF-8.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace carrel::json
