#include "resource/cursor.hpp"

#include "base/base64url.hpp"
#include "base/siphash.hpp"

#include <bit>
#include <charconv>

namespace carrel::siem {

namespace {

// What only this process can have made, for this list and this position.
std::string mark_of(std::string_view binding, std::string_view position) {
    std::string text = std::to_string(binding.size()).append(":").append(binding).append(position);
    const std::uint64_t hash = base::siphash<2, 4>(base::process_hash_key())(text);
    std::string mark;
    for (int byte = 0; byte < 8; ++byte) mark.push_back(static_cast<char>(hash >> (8 * byte) & 255));
    return mark;
}
constexpr std::size_t mark_size = 8;

std::string encode_sort(const value& sort) {
    if (const auto* number = std::get_if<std::int64_t>(&sort)) return std::string("i").append(std::to_string(*number));
    // The bits: a number that is written and read again may differ from the column's.
    if (const auto* real = std::get_if<double>(&sort))
        return std::string("r").append(std::to_string(std::bit_cast<std::int64_t>(*real)));
    if (const auto* text = std::get_if<std::string>(&sort)) return std::string("t").append(*text);
    return "n";
}

std::optional<value> decode_sort(std::string_view text) {
    if (text == "n") return value();
    if (text.starts_with('t')) return value(std::string(text.substr(1)));
    if (!text.starts_with('i') && !text.starts_with('r')) return std::nullopt;
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + 1, end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    if (text.front() == 'r') return value(std::bit_cast<double>(number));
    return value(number);
}

}  // namespace

std::string encode_cursor(const page_position& position, std::string_view binding) {
    const std::string text = std::to_string(position.id.size()) + ":" + position.id + encode_sort(position.sort);
    return to_base64url(mark_of(binding, text) + text);
}

std::optional<page_position> decode_cursor(std::string_view text, std::string_view binding) {
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() < mark_size) return std::nullopt;
    const std::string_view rest = std::string_view(*bytes).substr(mark_size);
    if (!bytes->starts_with(mark_of(binding, rest))) return std::nullopt;
    const std::size_t colon = rest.find(':');
    if (colon == rest.npos) return std::nullopt;
    std::size_t size = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + colon, size);
    if (parsed.ec != std::errc() || size > rest.size() - colon - 1) return std::nullopt;
    auto sort = decode_sort(rest.substr(colon + 1 + size));
    if (!sort) return std::nullopt;
    return page_position{std::move(*sort), std::string(rest.substr(colon + 1, size))};
}

}  // namespace carrel::siem
