#include "http/protocol/chunk_extension.hpp"

#include "http/protocol/text.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

bool is_token_byte(char c) noexcept {
    const char low = lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

void skip_blanks(std::string_view& text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

bool take_token(std::string_view& text) noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), is_token_byte);
    const auto size = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(size);
    return size > 0;
}

bool is_quoted_byte(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 || byte == '\t') && byte != 0x7f;
}

bool take_quoted(std::string_view& text) noexcept {
    for (std::size_t i = 1; i < text.size(); ++i) {
        const char byte = text[i];
        if (byte == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
        if (byte != '\\' && !is_quoted_byte(text[i])) return false;
        if (byte == '\\' && (++i == text.size() || !is_quoted_byte(text[i]))) return false;
    }
    return false;
}

}  // namespace

bool is_chunk_extension(std::string_view text) noexcept {
    while (!text.empty()) {
        skip_blanks(text);
        if (!text.starts_with(';')) return false;  // blanks at the end included
        text.remove_prefix(1);
        skip_blanks(text);
        if (!take_token(text)) return false;
        auto value = text;
        skip_blanks(value);
        if (!value.starts_with('=')) continue;
        text = value.substr(1);
        skip_blanks(text);
        if (!(text.starts_with('"') ? take_quoted(text) : take_token(text))) return false;
    }
    return true;
}

}  // namespace carrel::http
