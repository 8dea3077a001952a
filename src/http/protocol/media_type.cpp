#include "http/protocol/media_type.hpp"

#include "http/protocol/text.hpp"

namespace carrel::http {

namespace {

// What a media type's other parameters say does not change how the body is read.
bool is_foreign_charset(std::string_view parameter) noexcept {
    const auto equals = parameter.find('=');
    if (!equals_ignoring_case(trimmed(parameter.substr(0, equals)), "charset")) return false;
    if (equals == std::string_view::npos) return true;
    auto value = trimmed(parameter.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return !equals_ignoring_case(value, "utf-8") && !equals_ignoring_case(value, "utf8") &&
           !equals_ignoring_case(value, "us-ascii");
}

}  // namespace

media_type media_type_of(std::string_view content_type) noexcept {
    const auto semicolon = content_type.find(';');
    const auto essence = trimmed(content_type.substr(0, semicolon));
    while (content_type.find(';') != std::string_view::npos) {
        content_type.remove_prefix(content_type.find(';') + 1);
        const auto parameter = trimmed(content_type.substr(0, content_type.find(';')));
        if (is_foreign_charset(parameter)) return media_type::other;
    }
    if (equals_ignoring_case(essence, "application/json")) return media_type::json;
    if (equals_ignoring_case(essence, "application/merge-patch+json")) return media_type::merge_patch;
    for (const std::string_view ndjson : {"application/x-ndjson", "application/ndjson", "application/jsonl",
                                          "application/x-jsonlines", "application/jsonlines"})
        if (equals_ignoring_case(essence, ndjson)) return media_type::ndjson;
    return media_type::other;
}

}  // namespace carrel::http
