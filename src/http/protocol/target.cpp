#include "http/protocol/target.hpp"

#include "base/hex.hpp"
#include "base/utf8.hpp"
#include "http/protocol/text.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

bool is_target_byte(char c) noexcept { return c > 0x20 && c < 0x7f && c != '#'; }

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        if (static_cast<unsigned char>(text.front()) < 0x80) {
            text.remove_prefix(1);
            continue;
        }
        const auto point = json::first_code_point(text);
        if (point.size == 0) return false;
        text.remove_prefix(point.size);
    }
    return true;
}

bool has_http_scheme(std::string_view target) noexcept {
    constexpr std::string_view scheme = "http://";
    return target.size() > scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), target.begin(), [](char a, char b) {
               return a == b || (a >= 'a' && a <= 'z' && a == static_cast<char>(b | 0x20));
           });
}

}  // namespace

std::optional<target_parts> split_target(std::string_view target) noexcept {
    if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_byte)) return std::nullopt;
    target_parts parts;
    if (target == "*") {
        parts.path = target;
        return parts;
    }
    if (has_http_scheme(target)) {
        target.remove_prefix(7);
        const auto end = std::min(target.find_first_of("/?"), target.size());
        parts.authority = target.substr(0, end);
        target.remove_prefix(end);
        if (parts.authority.empty()) return std::nullopt;
        if (target.empty() || target.front() == '?') {
            parts.path = "/";
            parts.query = target.empty() ? target : target.substr(1);
            return parts;
        }
    }
    if (target.front() != '/') return std::nullopt;
    const auto mark = target.find('?');
    parts.path = target.substr(0, mark);
    if (mark != std::string_view::npos) parts.query = target.substr(mark + 1);
    return parts;
}

bool percent_decode(std::string_view text, bool plus_is_blank, std::string& out) {
    out.clear();
    bool ascii = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 1 < text.size() ? base::hex_value(lower(text[i + 1])) : -1;
            const int low = i + 2 < text.size() ? base::hex_value(lower(text[i + 2])) : -1;
            if (high < 0 || low < 0) return false;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        ascii = ascii && static_cast<unsigned char>(c) < 0x80;
        out.push_back(c);
    }
    return ascii || is_utf8(out);
}

bool decode_query(std::string_view query, query_list& out) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto& [name, value] = out.emplace_back();
        if (!percent_decode(pair.substr(0, equals), true, name)) return false;
        if (equals < pair.size() && !percent_decode(pair.substr(equals + 1), true, value)) return false;
    }
    return true;
}

}  // namespace carrel::http
