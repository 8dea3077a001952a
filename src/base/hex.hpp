#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carrel::base {

/// The digit of each value below 16.
inline constexpr char hex_digits[] = "0123456789abcdef";

/// The value of a digit as `hex_digits` has them; -1 for any other character.
constexpr int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/// Two digits a byte.
inline std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text.append({hex_digits[byte >> 4], hex_digits[byte & 15]});
    }
    return text;
}

/// Nothing for what `to_hex` never makes.
inline std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const int high = hex_value(text[at]), low = hex_value(text[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

}  // namespace carrel::base
