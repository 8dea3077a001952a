#include "sigma/encodings.hpp"

#include "base/utf8.hpp"

#include <array>

namespace carrel::sigma {

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        unsigned bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i) text += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

std::vector<std::string> base64_at_offsets(std::string_view bytes) {
    // A digit carries six bits. Those that share bits with the bytes in front or behind are cut off.
    constexpr std::array<std::size_t, 3> cut_in_front{0, 2, 3};
    constexpr std::array<std::size_t, 3> cut_behind{0, 3, 2};
    std::vector<std::string> found;
    for (std::size_t offset = 0; offset < 3; ++offset) {
        std::string text = base64(std::string(offset, ' ').append(bytes));
        const std::size_t behind = cut_behind[(bytes.size() + offset) % 3];
        if (text.size() <= cut_in_front[offset] + behind) continue;
        found.push_back(text.substr(cut_in_front[offset], text.size() - behind - cut_in_front[offset]));
    }
    return found;
}

std::string to_utf16(std::string_view text, utf16_order order) {
    std::string out;
    const auto unit = [&](char32_t u) {
        const char low = static_cast<char>(u & 0xFF), high = static_cast<char>(u >> 8);
        out += order == utf16_order::little ? low : high;
        out += order == utf16_order::little ? high : low;
    };
    while (!text.empty()) {
        const json::code_point next = json::first_code_point(text);
        if (next.size == 0) break;
        if (next.value < 0x10000) {
            unit(next.value);
        } else {
            unit(0xD800 + ((next.value - 0x10000) >> 10));
            unit(0xDC00 + ((next.value - 0x10000) & 0x3FF));
        }
        text.remove_prefix(next.size);
    }
    return out;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t size =
            static_cast<unsigned char>(text.front()) < 0x80 ? 1 : json::first_code_point(text).size;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace carrel::sigma
