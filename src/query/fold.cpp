#include "query/fold.hpp"

#include "base/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

namespace carrel::query {

namespace {

constexpr bool within(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

// Letters that Unicode takes for letters of their own, though people search for them without the stroke.
constexpr char32_t without_stroke(char32_t c) {
    switch (c) {
        case 0xF8: return 'o';
        case 0x111: return 'd';
        case 0x127: return 'h';
        case 0x131: return 'i';
        case 0x142: return 'l';
        case 0x167: return 't';
        default: return c;
    }
}

void append_category(std::string& out, char32_t c) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO:
        case UTF8PROC_CATEGORY_MC: return json::append_utf8(out, without_stroke(c));
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_ME: return;
        default: out.push_back(' ');
    }
}

void append_slowly(std::string& out, char32_t c) {
    // U+FDFA becomes eighteen; there is no longer one.
    std::array<utf8proc_int32_t, 32> pieces;
    int boundary = 0;
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), pieces.data(),
                                               static_cast<utf8proc_ssize_t>(pieces.size()), options, &boundary);
    if (count < 0 || count > static_cast<utf8proc_ssize_t>(pieces.size())) {
        out.push_back(' ');
        return;
    }
    for (utf8proc_ssize_t i = 0; i < count; ++i)
        append_category(out, static_cast<char32_t>(pieces[static_cast<std::size_t>(i)]));
}

// The alphabets of most logs, made once: a call of the library for each letter costs ten times more.
struct alphabet {
    static constexpr char32_t end = 0x2000;
    std::vector<std::uint32_t> begins;
    std::string text;

    alphabet() {
        for (char32_t c = 0; c < end; ++c) {
            begins.push_back(static_cast<std::uint32_t>(text.size()));
            append_slowly(text, c);
        }
        begins.push_back(static_cast<std::uint32_t>(text.size()));
    }
    std::string_view of(char32_t c) const { return {text.data() + begins[c], begins[c + 1] - begins[c]}; }
};

constexpr bool is_ideograph(char32_t c) { return within(c, 0x4E00, 0x9FFF) || within(c, 0x3400, 0x4DBF); }

const alphabet& known_alphabet() {
    static const alphabet instance;
    return instance;
}

}  // namespace

void append_folded(std::string& out, std::string_view text) {
    const alphabet& known = known_alphabet();
    while (!text.empty()) {
        const auto next = json::first_code_point(text);
        if (next.size == 0) {
            out.push_back(' ');
            text.remove_prefix(1);
            continue;
        }
        if (next.value < alphabet::end) {
            out.append(known.of(next.value));
        } else if (is_ideograph(next.value)) {
            out.append(text.substr(0, next.size));
        } else {
            append_slowly(out, next.value);
        }
        text.remove_prefix(next.size);
    }
}

std::string lower_case(std::string_view text) {
    std::string lower;
    while (!text.empty()) {
        const auto next = json::first_code_point(text);
        if (next.size == 0) {
            lower.push_back(text.front());
        } else {
            const auto c = utf8proc_tolower(static_cast<utf8proc_int32_t>(next.value));
            json::append_utf8(lower, static_cast<char32_t>(c));
        }
        text.remove_prefix(std::max<std::size_t>(next.size, 1));
    }
    return lower;
}

bool blurs_ascii(char32_t c) {
    if (is_ideograph(c)) return false;
    std::string slow;
    if (c >= alphabet::end) append_slowly(slow, c);
    const std::string_view folded = c < alphabet::end ? known_alphabet().of(c) : std::string_view(slow);
    return folded.empty() || std::any_of(folded.begin(), folded.end(), is_ascii_word);
}

bool is_unspaced(std::string_view folded) {
    while (!folded.empty()) {
        const auto next = json::first_code_point(folded);
        const char32_t c = next.value;
        if (within(c, 0x0E00, 0x0EFF) || within(c, 0x1000, 0x109F) || within(c, 0x1100, 0x11FF) ||
            within(c, 0x1780, 0x17FF) || within(c, 0x2E80, 0x2FDF) || within(c, 0x3005, 0x3007) ||
            within(c, 0x3021, 0x312F) || within(c, 0x3130, 0x31FF) || within(c, 0x3400, 0x4DBF) ||
            within(c, 0x4E00, 0x9FFF) || within(c, 0xA960, 0xA97F) || within(c, 0xAC00, 0xD7FF) ||
            within(c, 0xF900, 0xFAFF) || within(c, 0xFF66, 0xFF9F) || within(c, 0x20000, 0x3FFFF))
            return true;
        folded.remove_prefix(next.size);
    }
    return false;
}

}  // namespace carrel::query
