#include "http/protocol/content_coding.hpp"

#include "http/protocol/text.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

bool is_gzip_name(std::string_view name) noexcept {
    return equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip");
}

// `q=0`, `q=0.000`.
bool has_weight_zero(std::string_view parameters) noexcept {
    const auto weight = trimmed(parameters);
    if (weight.size() < 3 || lower(weight[0]) != 'q' || weight[1] != '=') return false;
    return std::all_of(weight.begin() + 2, weight.end(), [](char c) { return c == '0' || c == '.'; });
}

}  // namespace

content_coding content_coding_of(std::string_view value) noexcept {
    auto found = content_coding::identity;
    while (!value.empty()) {
        const auto end = std::min(value.find(','), value.size());
        const auto name = trimmed(value.substr(0, end));
        value.remove_prefix(std::min(end + 1, value.size()));
        if (name.empty() || equals_ignoring_case(name, "identity")) continue;
        const bool is_zstd = equals_ignoring_case(name, "zstd");
        if (found != content_coding::identity || (!is_zstd && !is_gzip_name(name))) return content_coding::other;
        found = is_zstd ? content_coding::zstd : content_coding::gzip;
    }
    return found;
}

bool accepts_gzip(std::string_view value) noexcept {
    bool any = false;
    while (!value.empty()) {
        const auto end = std::min(value.find(','), value.size());
        const auto item = value.substr(0, end);
        value.remove_prefix(std::min(end + 1, value.size()));
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto name = trimmed(item.substr(0, semicolon));
        const bool is_wanted = semicolon == item.size() || !has_weight_zero(item.substr(semicolon + 1));
        if (is_gzip_name(name)) return is_wanted;
        if (name == "*") any = is_wanted;
    }
    return any;
}

}  // namespace carrel::http
