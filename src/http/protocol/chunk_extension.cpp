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

bool take_quoted(std::string_view& text) noexcept {
    for (std::size_t i = 1; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
        if (byte == '\\') ++i;
    }
    return false;
}

}  // namespace

bool is_chunk_extension(std::string_view text) noexcept {
    for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
        if (text.front() != ';') return false;
        text.remove_prefix(1);
        skip_blanks(text);
        if (!take_token(text)) return false;
        skip_blanks(text);
        if (text.empty() || text.front() != '=') continue;
        text.remove_prefix(1);
        skip_blanks(text);
        if (!(text.starts_with('"') ? take_quoted(text) : take_token(text))) return false;
    }
    return true;
}

}  // namespace carrel::http
