#include "query/needle.hpp"

#include "base/utf8.hpp"
#include "query/fold.hpp"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace carrel::query {

namespace {

// Letters of a word have bit 5 in lower case, digits have it anyway.
bool is_at(const char* at, std::string_view word) noexcept {
    for (const char c : word)
        if ((*at++ | 0x20) != c) return false;
    return true;
}

// The first place from `at` on where `first` and `last` stand at a distance, in any case with `Fold` 0x20; none: npos.
template <char Fold>
std::size_t find_pair(std::string_view text, std::size_t at, char first, char last, std::size_t distance) noexcept {
    if (text.size() <= distance) return text.npos;
    const std::size_t end = text.size() - distance;
#if defined(__SSE2__)
    const __m128i fold = _mm_set1_epi8(Fold), firsts = _mm_set1_epi8(first), lasts = _mm_set1_epi8(last);
    const auto folded = [&](std::size_t from) {
        return _mm_or_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + from)), fold);
    };
    for (; at + 16 <= end; at += 16) {
        const __m128i both =
            _mm_and_si128(_mm_cmpeq_epi8(folded(at), firsts), _mm_cmpeq_epi8(folded(at + distance), lasts));
        const auto hits = static_cast<unsigned>(_mm_movemask_epi8(both));
        if (hits != 0) return at + static_cast<std::size_t>(std::countr_zero(hits));
    }
#endif
    for (; at < end; ++at)
        if ((text[at] | Fold) == first && (text[at + distance] | Fold) == last) return at;
    return text.npos;
}

bool has_unicode_escape(std::string_view text) noexcept {
    for (std::size_t at = 0; (at = find_pair<0>(text, at, '\\', 'u', 1)) != text.npos; ++at) {
        // In `\\u` the second backslash escapes nothing; saying yes then would be right, too, only slower.
        std::size_t backslashes = 1;
        while (backslashes <= at && text[at - backslashes] == '\\') ++backslashes;
        if (backslashes % 2 == 1) return true;
    }
    return false;
}

// How many characters at the front are ASCII.
std::size_t ascii_size(std::string_view text) noexcept {
    std::size_t at = 0;
    for (; text.size() - at >= 32 && is_ascii(text.substr(at, 32)); at += 32) {
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
    return at;
}

}  // namespace

bool occurs(std::string_view text, std::string_view word) noexcept {
    if (word.empty()) return true;
    const std::size_t distance = word.size() - 1;
    for (std::size_t at = 0; (at = find_pair<0x20>(text, at, word.front(), word.back(), distance)) != text.npos; ++at)
        if (is_at(text.data() + at, word)) return true;
    return false;
}

bool is_literal(std::string_view text) {
    if (has_unicode_escape(text)) return false;
    for (std::size_t at = 0; (at += ascii_size(text.substr(at))) < text.size();) {
        const auto next = json::first_code_point(text.substr(at));
        if (next.size == 0 || blurs_ascii(next.value)) return false;
        at += next.size;
    }
    return true;
}

}  // namespace carrel::query
