#pragma once

#include <string>
#include <string_view>

namespace carrel::siem {

/// Bytes that a match keeps of a path, and of a value.
inline constexpr std::size_t match_text_max = 1024;

/// The first bytes of a text, whole characters.
inline std::string cut(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return std::string(text.substr(0, end));
}

}  // namespace carrel::siem
