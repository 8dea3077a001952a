#include "siem/text_blanks.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

bool is_blank(char32_t c) noexcept {
    return c <= 0x20 || c == 0x7f || c == 0x85 || c == 0xa0 || c == 0xad || c == 0x1680 || c == 0x180e ||
           (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) ||
           c == 0x3000 || c == 0xfeff;
}

}  // namespace

std::string_view without_blanks(std::string_view text) noexcept {
    std::size_t begin = text.size(), end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto next = json::first_code_point(text.substr(at));
        const std::size_t size = std::max<std::size_t>(next.size, 1);
        if (next.size == 0 || !is_blank(next.value)) {
            begin = std::min(begin, at);
            end = at + size;
        }
        at += size;
    }
    return end == 0 ? std::string_view() : text.substr(begin, end - begin);
}

}  // namespace carrel::siem
