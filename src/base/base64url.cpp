#include "base/base64url.hpp"

#include <algorithm>
#include <cstdint>

namespace carrel::siem {

namespace {
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

std::string to_base64url(std::string_view bytes) {
    std::string text;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (held += 8; held >= 6;) text.push_back(alphabet[(bits >> (held -= 6)) & 63]);
    }
    if (held > 0) text.push_back(alphabet[(bits << (6 - held)) & 63]);
    return text;
}

std::string to_base64(std::string_view bytes) {
    std::string text = to_base64url(bytes);
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    return text.append((4 - text.size() % 4) % 4, '=');
}

std::optional<std::string> from_base64(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string url(text);
    if (url.find_first_of("-_") != url.npos) return std::nullopt;
    std::replace(url.begin(), url.end(), '+', '-');
    std::replace(url.begin(), url.end(), '/', '_');
    return from_base64url(url);
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c);
        if (value == alphabet.npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) bytes.push_back(static_cast<char>((bits >> (held -= 8)) & 255));
    }
    // What is left over must be no whole character and all zero, or two texts would stand for the same bytes.
    if (held >= 6 || (bits & ((1u << held) - 1)) != 0) return std::nullopt;
    return bytes;
}

}  // namespace carrel::siem
