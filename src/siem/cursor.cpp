#include "siem/cursor.hpp"

#include "siem/base64url.hpp"
#include "siem/uuid.hpp"

#include <charconv>

namespace carrel::siem {

namespace {

// FNV-1a: a cursor that is used elsewhere is a mistake, not an attack; what it holds is checked anyway.
std::string mark_of(std::string_view binding) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : binding) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    std::string mark;
    for (int byte = 0; byte < 8; ++byte) mark.push_back(static_cast<char>(hash >> (8 * byte) & 255));
    return mark;
}

std::string encode_sort(const value& sort) {
    if (const auto* number = std::get_if<std::int64_t>(&sort)) return std::string("i").append(std::to_string(*number));
    if (const auto* text = std::get_if<std::string>(&sort)) return std::string("t").append(*text);
    return "n";
}

std::optional<value> decode_sort(std::string_view text) {
    if (text == "n") return value();
    if (text.starts_with('t')) return value(std::string(text.substr(1)));
    if (!text.starts_with('i')) return std::nullopt;
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + 1, end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return value(number);
}

}  // namespace

std::string encode_cursor(const page_position& position, std::string_view binding) {
    // An id holds no colon, so the first one ends it.
    return to_base64url(mark_of(binding) + position.id + ":" + encode_sort(position.sort));
}

std::optional<page_position> decode_cursor(std::string_view text, std::string_view binding) {
    const auto bytes = from_base64url(text);
    const std::string mark = mark_of(binding);
    if (!bytes || !bytes->starts_with(mark)) return std::nullopt;
    const std::string_view rest = std::string_view(*bytes).substr(mark.size());
    const std::size_t colon = rest.find(':');
    if (colon == rest.npos || !is_valid_id(rest.substr(0, colon))) return std::nullopt;
    auto sort = decode_sort(rest.substr(colon + 1));
    if (!sort) return std::nullopt;
    return page_position{std::move(*sort), std::string(rest.substr(0, colon))};
}

}  // namespace carrel::siem
