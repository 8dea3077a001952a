#include "query/needle.hpp"

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

bool has_unicode_escape(std::string_view text) noexcept {
    for (std::size_t at = 0; (at = text.find("\\u", at)) != text.npos; ++at) {
        // In `\\u` the second backslash escapes nothing; saying yes then would be right, too, only slower.
        std::size_t backslashes = 1;
        while (backslashes <= at && text[at - backslashes] == '\\') ++backslashes;
        if (backslashes % 2 == 1) return true;
    }
    return false;
}

}  // namespace

bool occurs(std::string_view text, std::string_view word) noexcept {
    if (word.empty()) return true;
    if (text.size() < word.size()) return false;
    const char* at = text.data();
    const char* last = at + (text.size() - word.size());  // where it can begin at the latest
#if defined(__SSE2__)
    // Sixteen places at once: where the word's first and last character stand at the right distance.
    const __m128i fold = _mm_set1_epi8(0x20), first = _mm_set1_epi8(word.front()), end = _mm_set1_epi8(word.back());
    const auto folded = [&](const char* from) {
        return _mm_or_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), fold);
    };
    for (; last - at >= 15; at += 16) {
        const __m128i both =
            _mm_and_si128(_mm_cmpeq_epi8(folded(at), first), _mm_cmpeq_epi8(folded(at + word.size() - 1), end));
        for (auto hits = static_cast<unsigned>(_mm_movemask_epi8(both)); hits != 0; hits &= hits - 1)
            if (is_at(at + std::countr_zero(hits), word)) return true;
    }
#endif
    for (; at <= last; ++at)
        if (is_at(at, word)) return true;
    return false;
}

bool is_literal(std::string_view json) noexcept { return is_ascii(json) && !has_unicode_escape(json); }

}  // namespace carrel::query
