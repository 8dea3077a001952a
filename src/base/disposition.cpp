#include "base/disposition.hpp"

#include <algorithm>

namespace carrel::base {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lower_of(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(), lower);
    return made;
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

void skip_blanks(std::string_view& text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

// Up to what ends a token: a blank, a quote or one of the marks of this grammar.
std::string_view take_token(std::string_view& text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && !is_blank(text[size]) && std::string_view(";=\",").find(text[size]) == text.npos)
        ++size;
    const auto token = text.substr(0, size);
    text.remove_prefix(size);
    return token;
}

std::optional<std::string> take_quoted(std::string_view& text) {
    std::string made;
    text.remove_prefix(1);
    while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\' && text.size() > 1 && (text[1] == '"' || text[1] == '\\')) text.remove_prefix(1);
        made += text.front();
        text.remove_prefix(1);
    }
    if (text.empty()) return std::nullopt;
    text.remove_prefix(1);
    return made;
}

std::optional<std::string> take_value(std::string_view& text) {
    if (text.starts_with('"')) return take_quoted(text);
    const auto token = take_token(text);
    if (token.empty()) return std::nullopt;
    return std::string(token);
}

int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string made;
    for (; !text.empty(); text.remove_prefix(1)) {
        if (text.front() != '%') {
            made += text.front();
            continue;
        }
        const int high = text.size() > 2 ? digit_of(text[1]) : -1, low = text.size() > 2 ? digit_of(text[2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        made += static_cast<char>(high * 16 + low);
        text.remove_prefix(2);
    }
    return made;
}

bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%'; }

void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF", safe = "!#$&+-.^_`|~";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_letter = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
        if (is_letter || (byte < 0x80 && safe.find(c) != safe.npos)) out += c;
        else out.append("%").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
}

}  // namespace

const std::string* parameters::find(std::string_view name) const noexcept {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.first == name; });
    return found == all.end() ? nullptr : &found->second;
}

std::optional<parameters> parse_parameters(std::string_view text) {
    parameters made;
    skip_blanks(text);
    made.kind = lower_of(take_token(text));
    if (made.kind.empty()) return std::nullopt;
    for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
        if (text.front() != ';') return std::nullopt;
        text.remove_prefix(1);
        skip_blanks(text);
        if (text.empty() || text.front() == ';') continue;
        std::string name = lower_of(take_token(text));
        if (name.empty() || !text.starts_with('=') || made.find(name) != nullptr) return std::nullopt;
        text.remove_prefix(1);
        auto value = take_value(text);
        if (!value) return std::nullopt;
        made.all.emplace_back(std::move(name), std::move(*value));
    }
    return made;
}

std::optional<std::optional<std::string>> file_name_of(const parameters& disposition) {
    const auto* const extended = disposition.find("filename*");
    const auto* const plain = disposition.find("filename");
    if (extended == nullptr)
        return plain == nullptr ? std::optional<std::string>() : std::optional<std::string>(*plain);
    const auto first = extended->find('\''), second = extended->find('\'', first + 1);
    if (second == extended->npos || lower_of(std::string_view(*extended).substr(0, first)) != "utf-8")
        return std::nullopt;
    auto name = unescaped(std::string_view(*extended).substr(second + 1));
    if (!name) return std::nullopt;
    return std::optional<std::string>(std::move(*name));
}

std::string attachment_of(std::string_view file_name) {
    std::string made("attachment; filename=\"");
    for (const char c : file_name) made += is_plain(c) ? c : '_';
    made += '"';
    if (std::all_of(file_name.begin(), file_name.end(), is_plain)) return made;
    made += "; filename*=UTF-8''";
    append_escaped(made, file_name);
    return made;
}

}  // namespace carrel::base
