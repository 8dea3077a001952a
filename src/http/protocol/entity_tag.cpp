#include "http/protocol/entity_tag.hpp"

#include "http/protocol/text.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace carrel::http {

namespace {

struct entity_tag {
    bool weak = false;
    std::int64_t version = 0;
};

std::int64_t version_of(std::string_view opaque) noexcept {
    const auto number = parse_digits(opaque);
    if (!number || opaque.front() == '0' || *number > std::numeric_limits<std::int64_t>::max()) return 0;
    return static_cast<std::int64_t>(*number);
}

bool is_tag_byte(char c) noexcept {
    return c == '!' || (c > '"' && c != 0x7f) || static_cast<unsigned char>(c) >= 0x80;
}

// Takes one tag from the front of a list.
std::optional<entity_tag> take_tag(std::string_view& list) {
    entity_tag tag;
    if (list.starts_with("W/")) {
        tag.weak = true;
        list.remove_prefix(2);
    }
    if (list.empty() || list.front() != '"') return std::nullopt;
    const auto end = list.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    const auto opaque = list.substr(1, end - 1);
    for (char c : opaque)
        if (!is_tag_byte(c)) return std::nullopt;
    tag.version = version_of(opaque);
    list.remove_prefix(end + 1);
    return tag;
}

// Empty elements count for nothing (RFC 9110 5.6.1.2).
std::optional<std::vector<entity_tag>> parse_list(std::string_view list) {
    std::vector<entity_tag> tags;
    for (list = trimmed(list); !list.empty();) {
        if (list.front() != ',') {
            const auto tag = take_tag(list);
            if (!tag) return std::nullopt;
            tags.push_back(*tag);
            list = trimmed(list);
            if (list.empty()) break;
            if (list.front() != ',') return std::nullopt;
        }
        list = trimmed(list.substr(1));
    }
    if (tags.empty()) return std::nullopt;
    return tags;
}

std::optional<siem::version_list> parse_versions(std::string_view value, bool weak_tags_match) {
    siem::version_list list;
    if (trimmed(value) == "*") {
        list.any = true;
        return list;
    }
    const auto tags = parse_list(value);
    if (!tags) return std::nullopt;
    for (const auto& tag : *tags) list.versions.push_back(tag.weak && !weak_tags_match ? 0 : tag.version);
    return list;
}

}  // namespace

std::optional<siem::version_list> parse_if_match(std::string_view value) { return parse_versions(value, false); }

std::optional<siem::version_list> parse_if_none_match(std::string_view value) { return parse_versions(value, true); }

}  // namespace carrel::http
