#include "json/top_level.hpp"

#include "base/utf8.hpp"
#include "json/cursor.hpp"

#include <algorithm>

namespace carrel::json {

namespace {

bool same_key(std::string_view raw, std::string_view key, std::string& scratch) {
    if (raw == key) return raw.find('\\') == raw.npos;
    // An escape is never shorter than what it stands for.
    if (raw.size() <= key.size() || raw.find('\\') == raw.npos) return false;
    scratch.clear();
    append_decoded(scratch, raw);
    return scratch == key;
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The code unit of `\uXXXX` at `at`, or -1.
int code_unit(std::string_view text, std::size_t at) noexcept {
    if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return -1;
    int unit = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
        const int digit = hex_digit(text[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

constexpr bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit < 0xE000; }
constexpr char32_t replacement = 0xFFFD;

// Appends what the `\u…` at `at` stands for; how many bytes it took.
std::size_t append_unicode(std::string& out, std::string_view text, std::size_t at) {
    const int unit = code_unit(text, at);
    if (unit < 0) return 2;
    if (is_high_surrogate(unit)) {
        const int low = code_unit(text, at + 6);
        if (is_low_surrogate(low)) {
            append_utf8(out, static_cast<char32_t>(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)));
            return 12;
        }
    }
    const bool lone = is_high_surrogate(unit) || is_low_surrogate(unit);
    append_utf8(out, lone ? replacement : static_cast<char32_t>(unit));
    return 6;
}

char plain_escape(char c) noexcept {
    switch (c) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return c;
    }
}

}  // namespace

void append_decoded(std::string& out, std::string_view escaped) {
    while (!escaped.empty()) {
        const std::size_t plain = std::min(escaped.find('\\'), escaped.size());
        out.append(escaped.substr(0, plain));
        escaped.remove_prefix(plain);
        if (escaped.size() < 2) return;
        std::size_t taken = 2;
        if (escaped[1] == 'u') {
            taken = append_unicode(out, escaped, 0);
        } else {
            out.push_back(plain_escape(escaped[1]));
        }
        escaped.remove_prefix(taken);
    }
}

std::optional<std::string_view> top_level_value(std::string_view object, std::string_view key, std::string& scratch) {
    cursor at(object);
    if (!at.take('{')) return std::nullopt;
    while (at.take('"')) {
        const bool wanted = same_key(at.string(), key, scratch);
        if (!at.take(':')) return std::nullopt;
        at.skip_space();
        if (at.done()) return std::nullopt;
        const bool is_string = at.peek() == '"';
        if (is_string) at.skip();
        const std::string_view value = is_string ? at.string() : at.other();
        if (wanted) {
            if (!is_string || value.find('\\') == value.npos) return value;
            scratch.clear();
            append_decoded(scratch, value);
            return scratch;
        }
        if (!at.take(',')) return std::nullopt;
    }
    return std::nullopt;
}

bool holds_string(std::string_view array, std::string_view text, std::string& scratch) {
    cursor at(array);
    if (!at.take('[')) return false;
    for (bool more = true; more; more = at.take(',')) {
        at.skip_space();
        if (at.done()) return false;
        if (at.take('"')) {
            if (same_key(at.string(), text, scratch)) return true;
        } else {
            at.other();
        }
    }
    return false;
}

}  // namespace carrel::json
