#include "base/time.hpp"

#include <charconv>

namespace carrel::siem {

namespace {

std::optional<timestamp> unit_of(char name) noexcept {
    constexpr timestamp second = 1'000'000;
    switch (name) {
        case 's': return second;
        case 'm': return 60 * second;
        case 'h': return 3'600 * second;
        case 'd': return 86'400 * second;
        case 'w': return 7 * 86'400 * second;
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<timestamp> parse_duration(std::string_view text) {
    constexpr std::size_t digits_max = 6;  // with any unit the product fits
    if (text.size() < 2 || text.size() > digits_max + 1) return std::nullopt;
    const auto unit = unit_of(text.back());
    text.remove_suffix(1);
    timestamp count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (!unit || read.ec != std::errc() || read.ptr != text.data() + text.size() || count < 1) return std::nullopt;
    return count * *unit;
}

std::optional<timestamp> parse_time(std::string_view text, timestamp now) {
    const bool names_now = text.starts_with("now");
    if (names_now) text.remove_prefix(3);
    if (names_now && text.empty()) return now;
    if (!text.starts_with('-')) return names_now ? std::nullopt : parse_time(text);
    const auto before = parse_duration(text.substr(1));
    if (!before) return std::nullopt;
    return now - *before;
}

}  // namespace carrel::siem
