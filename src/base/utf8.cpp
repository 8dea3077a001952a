#include "base/utf8.hpp"

#include <algorithm>

namespace carrel::json {

namespace {

struct form {
    std::size_t size;
    char32_t payload, smallest;
};

form form_of(unsigned char lead) noexcept {
    if (lead < 0x80) return {1, lead, 0};
    if (lead >= 0xC2 && lead < 0xE0) return {2, lead & 0x1Fu, 0x80};
    if (lead >= 0xE0 && lead < 0xF0) return {3, lead & 0x0Fu, 0x800};
    if (lead >= 0xF0 && lead < 0xF5) return {4, lead & 0x07u, 0x10000};
    return {0, 0, 0};
}

}  // namespace

code_point first_code_point(std::string_view text) noexcept {
    if (text.empty()) return {};
    const form shape = form_of(static_cast<unsigned char>(text[0]));
    if (shape.size == 0 || text.size() < shape.size) return {};
    char32_t value = shape.payload;
    for (std::size_t i = 1; i < shape.size; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0) != 0x80) return {};
        value = (value << 6) | (byte & 0x3Fu);
    }
    const bool is_surrogate = value >= 0xD800 && value < 0xE000;
    if (value < shape.smallest || is_surrogate || value > 0x10FFFF) return {};
    return {value, shape.size};
}

std::size_t count_code_points(std::string_view text) noexcept {
    const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts));
}

std::string as_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto found = first_code_point(bytes);
        if (found.size == 0) text.append("\xEF\xBF\xBD");
        else text.append(bytes.substr(0, found.size));
        bytes.remove_prefix(found.size == 0 ? 1 : found.size);
    }
    return text;
}

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xC0 | (c >> 6));
    } else {
        if (c < 0x10000) {
            put(0xE0 | (c >> 12));
        } else {
            put(0xF0 | (c >> 18));
            put(0x80 | ((c >> 12) & 0x3F));
        }
        put(0x80 | ((c >> 6) & 0x3F));
    }
    put(0x80 | (c & 0x3F));
}

}  // namespace carrel::json
