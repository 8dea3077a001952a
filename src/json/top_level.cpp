#include "json/top_level.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace carrel::json {

namespace {

// A full scan of a table runs this over every row, so strings and nested values are skipped sixteen bytes at a time.
class cursor {
public:
    explicit cursor(std::string_view text) noexcept
        : at_(text.data()),
          end_(text.data() + text.size()) {}

    bool done() const noexcept { return at_ == end_; }
    char peek() const noexcept { return *at_; }
    void skip() noexcept { ++at_; }

    void skip_space() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    }
    bool take(char expected) noexcept {
        skip_space();
        if (at_ == end_ || *at_ != expected) return false;
        ++at_;
        return true;
    }

    // What is between the quotes; the cursor stands behind the opening one.
    std::string_view string() noexcept {
        const char* begin = at_;
        for (const char* quote = at_;; ++quote) {
            quote = find_quote(quote);
            if (quote == end_) {
                at_ = end_;
                return {begin, static_cast<std::size_t>(end_ - begin)};
            }
            if (is_escaped(begin, quote)) continue;
            at_ = quote + 1;
            return {begin, static_cast<std::size_t>(quote - begin)};
        }
    }

    // A value that is not a string, as it stands.
    std::string_view other() noexcept {
        const char* begin = at_;
        if (*at_ == '{' || *at_ == '[') {
            skip_nested();
        } else {
            while (at_ != end_ && !ends_scalar(*at_)) ++at_;
        }
        return {begin, static_cast<std::size_t>(at_ - begin)};
    }

private:
    static bool ends_scalar(char c) noexcept {
        return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }
    static bool is_escaped(const char* begin, const char* quote) noexcept {
        const char* at = quote;
        while (at != begin && at[-1] == '\\') --at;
        return ((quote - at) & 1) != 0;
    }

    void skip_nested() noexcept {
        int depth = 0;
        while ((at_ = find_structure(at_)) != end_) {
            const char c = *at_++;
            if (c == '"') {
                string();
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if (--depth == 0) {
                return;
            }
        }
    }

    const char* find_quote(const char* from) const noexcept {
#if defined(__SSE2__)
        const __m128i quotes = _mm_set1_epi8('"');
        for (; end_ - from >= 16; from += 16) {
            const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
            const auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(chunk, quotes)));
            if (hits != 0) return from + std::countr_zero(hits);
        }
#endif
        while (from != end_ && *from != '"') ++from;
        return from;
    }

    // The next quote, brace or bracket. A brace and a bracket differ in bit 5 alone.
    const char* find_structure(const char* from) const noexcept {
#if defined(__SSE2__)
        const __m128i quotes = _mm_set1_epi8('"'), fold = _mm_set1_epi8(0x20);
        const __m128i opening = _mm_set1_epi8('{'), closing = _mm_set1_epi8('}');
        for (; end_ - from >= 16; from += 16) {
            const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
            const __m128i folded = _mm_or_si128(chunk, fold);
            const __m128i found =
                _mm_or_si128(_mm_cmpeq_epi8(chunk, quotes),
                             _mm_or_si128(_mm_cmpeq_epi8(folded, opening), _mm_cmpeq_epi8(folded, closing)));
            const auto hits = static_cast<unsigned>(_mm_movemask_epi8(found));
            if (hits != 0) return from + std::countr_zero(hits);
        }
#endif
        while (from != end_ && *from != '"' && *from != '{' && *from != '[' && *from != '}' && *from != ']') ++from;
        return from;
    }

    const char* at_;
    const char* end_;
};

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
