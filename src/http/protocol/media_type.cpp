#include "http/protocol/media_type.hpp"

#include "http/protocol/text.hpp"

namespace carrel::http {

namespace {

bool is_utf8_charset(std::string_view parameter) noexcept {
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || !equals_ignoring_case(parameter.substr(0, equals), "charset")) return false;
    auto value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return equals_ignoring_case(value, "utf-8");
}

}  // namespace

media_type media_type_of(std::string_view content_type) noexcept {
    const auto semicolon = content_type.find(';');
    const auto essence = trimmed(content_type.substr(0, semicolon));
    while (content_type.find(';') != std::string_view::npos) {
        content_type.remove_prefix(content_type.find(';') + 1);
        const auto parameter = trimmed(content_type.substr(0, content_type.find(';')));
        if (!parameter.empty() && !is_utf8_charset(parameter)) return media_type::other;
    }
    if (equals_ignoring_case(essence, "application/json")) return media_type::json;
    if (equals_ignoring_case(essence, "application/merge-patch+json")) return media_type::merge_patch;
    if (equals_ignoring_case(essence, "application/x-ndjson")) return media_type::ndjson;
    return media_type::other;
}

}  // namespace carrel::http
