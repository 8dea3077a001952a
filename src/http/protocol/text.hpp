#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Small views on header text, shared by the header parsers.
namespace carrel::http {

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

inline std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Whether every member of a comma-separated list is `wanted`. Empty members count for nothing (RFC 9110 5.6.1.2).
inline bool lists_only(std::string_view list, std::string_view wanted) noexcept {
    for (;;) {
        const auto end = list.find(',');
        const auto member = trimmed(list.substr(0, end));
        if (!member.empty() && !equals_ignoring_case(member, wanted)) return false;
        if (end == std::string_view::npos) return true;
        list.remove_prefix(end + 1);
    }
}

/// Digits only, no sign, no blank.
inline std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept {
    std::uint64_t number = 0;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

inline void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

}  // namespace carrel::http
