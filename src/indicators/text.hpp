#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace carrel::indicators {

// ASCII alone: what the locale says must not matter.
constexpr char lower(char c) noexcept {
    // Without a branch, so that the compiler takes many at once.
    return static_cast<char>(c | (static_cast<unsigned char>(c - 'A') < 26 ? 0x20 : 0));
}
constexpr char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_hex(char c) noexcept { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr bool is_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}
constexpr bool is_hex_text(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_hex);
}

constexpr bool starts_with(std::string_view text, std::string_view prefix_in_lower_case) noexcept {
    if (text.size() < prefix_in_lower_case.size()) return false;
    for (std::size_t i = 0; i < prefix_in_lower_case.size(); ++i)
        if (lower(text[i]) != prefix_in_lower_case[i]) return false;
    return true;
}
constexpr bool is_same(std::string_view text, std::string_view in_lower_case) noexcept {
    return text.size() == in_lower_case.size() && starts_with(text, in_lower_case);
}

constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

inline void append_lower(std::string& out, std::string_view text) {
    const std::size_t begin = out.size();
    out += text;
    for (std::size_t i = begin; i < out.size(); ++i) out[i] = lower(out[i]);
}

}  // namespace carrel::indicators
