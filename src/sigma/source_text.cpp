#include "sigma/source_text.hpp"

#include "base/utf8.hpp"
#include "sigma/limits.hpp"

#include <algorithm>
#include <cstdio>

namespace carrel::sigma {

namespace {

std::string hexadecimal(unsigned number) {
    char text[16];
    std::snprintf(text, sizeof text, "%02X", number);
    return text;
}

bool is_control(unsigned char c) noexcept { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F; }

/// A detail may quote the text, of which a parser may have cut a character: what is not to be shown becomes U+FFFD.
std::string readable(std::string_view detail) {
    std::string out;
    while (!detail.empty() && out.size() < detail_max) {
        const json::code_point next = json::first_code_point(detail);
        const std::size_t size = next.size == 0 ? 1 : next.size;
        if (next.size == 0 || next.value < 0x20 || next.value == 0x7F) out += "\uFFFD";
        else out += detail.substr(0, size);
        detail.remove_prefix(size);
    }
    return detail.empty() ? out : out + "...";
}

}  // namespace

fault fault_at(std::string_view text, std::size_t offset, std::string_view detail) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const std::size_t begin = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    fault found{.detail = readable(detail)};
    found.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    for (const char c : before.substr(begin)) found.column += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return found;
}

std::optional<fault> find_bad_character(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            if (is_control(byte)) return fault_at(text, at, "control character U+00" + hexadecimal(byte));
            ++at;
            continue;
        }
        const json::code_point next = json::first_code_point(text.substr(at));
        if (next.size == 0) return fault_at(text, at, "byte 0x" + hexadecimal(byte) + " is not UTF-8");
        at += next.size;
    }
    return std::nullopt;
}

}  // namespace carrel::sigma
