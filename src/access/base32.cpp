#include "access/base32.hpp"

#include <cstddef>
#include <cstdint>

namespace carrel::access {
namespace {

constexpr char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int value_of(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= '2' && c <= '7') return c - '2' + 26;
    return -1;
}

// Bits below a whole byte: fewer than a symbol has, and zero, or another text would stand for the same bytes.
bool is_end(unsigned bits, std::uint32_t pending) noexcept { return bits < 5 && (pending & ((1u << bits) - 1)) == 0; }

}  // namespace

std::string to_base32(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char each : bytes) {
        pending = pending << 8 | static_cast<unsigned char>(each);
        for (bits += 8; bits >= 5; bits -= 5) text.push_back(symbols[(pending >> (bits - 5)) & 31]);
    }
    if (bits > 0) text.push_back(symbols[(pending << (5 - bits)) & 31]);
    return text;
}

std::optional<std::string> from_base32(std::string_view text) {
    std::string bytes;
    std::uint32_t pending = 0;
    unsigned bits = 0;
    std::size_t taken = 0, padding = 0;
    for (const char each : text) {
        if (each == ' ' || each == '-') continue;
        if (each == '=') {
            ++padding;
            continue;
        }
        const int value = value_of(each);
        if (value < 0 || padding > 0) return std::nullopt;
        pending = pending << 5 | static_cast<std::uint32_t>(value);
        ++taken;
        if ((bits += 5) < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<char>(pending >> bits));
    }
    const bool is_padded_right = padding == 0 || (padding < 8 && (taken + padding) % 8 == 0);
    if (!is_end(bits, pending) || !is_padded_right) return std::nullopt;
    return bytes;
}

}  // namespace carrel::access
