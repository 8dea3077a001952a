#include "http/protocol/media_type.hpp"

#include "http/protocol/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace carrel::http {

namespace {

constexpr std::array<std::string_view, 5> ndjson_names = {"application/x-ndjson", "application/ndjson",
                                                          "application/jsonl", "application/x-jsonlines",
                                                          "application/jsonlines"};

bool is_ndjson(std::string_view name) noexcept {
    return std::any_of(ndjson_names.begin(), ndjson_names.end(),
                       [&](std::string_view each) { return equals_ignoring_case(name, each); });
}

// In thousandths; 1 if there is none.
int weight_of(std::string_view parameters) noexcept {
    while (!parameters.empty()) {
        const auto end = std::min(parameters.find(';'), parameters.size());
        const auto one = trimmed(parameters.substr(0, end));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
        if (one.size() < 3 || lower(one[0]) != 'q' || one[1] != '=') continue;
        int weight = 0, unit = 1000;
        for (const char c : one.substr(2)) {
            if (c == '.') continue;
            if (c < '0' || c > '9' || unit == 0) return 0;
            weight += (c - '0') * unit;
            unit /= 10;
        }
        return weight;
    }
    return 1000;
}

std::optional<siem::reply_format> format_of(std::string_view name) noexcept {
    if (is_ndjson(name)) return siem::reply_format::ndjson;
    if (equals_ignoring_case(name, "text/csv")) return siem::reply_format::csv;
    if (equals_ignoring_case(name, "application/json") || name == "*/*" || name == "application/*")
        return siem::reply_format::json;
    return std::nullopt;
}

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
    return is_ndjson(essence) ? media_type::ndjson : media_type::other;
}

siem::reply_format preferred_format(std::string_view accept) noexcept {
    auto best = siem::reply_format::json;
    int best_weight = 0;
    while (!accept.empty()) {
        const auto end = std::min(accept.find(','), accept.size());
        const auto item = accept.substr(0, end);
        accept.remove_prefix(std::min(end + 1, accept.size()));
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto format = format_of(trimmed(item.substr(0, semicolon)));
        const int weight = weight_of(item.substr(std::min(semicolon + 1, item.size())));
        if (!format || weight <= best_weight) continue;
        best = *format;
        best_weight = weight;
    }
    return best;
}

}  // namespace carrel::http
