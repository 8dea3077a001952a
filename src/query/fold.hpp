#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace carrel::query {

/// Appends `text` without case and accents: letters and digits in UTF-8, one blank or more wherever a word ends.
///
/// A character becomes what Unicode's compatibility decomposition and full case folding make of it; of that, letters,
/// numbers and spacing marks are kept, other marks vanish, anything else ends a word, as do bytes that are not UTF-8.
/// Latin letters with a stroke (ø, ł, đ, ħ, ŧ) and the dotless i, which Unicode does not decompose, lose it, too.
void append_folded(std::string& out, std::string_view text);

/// `text` in lower case, accents kept. What is not UTF-8 stays.
std::string lower_case(std::string_view text);

/// Whether a folded word has a character of a script that writes words without blanks between them (Han, Kana, Hangul,
/// Thai, Lao, Khmer, Burmese): it is looked for inside words.
bool is_unspaced(std::string_view folded);

/// Whether a character can give a folded word an ASCII letter or digit, or join two of its parts.
bool blurs_ascii(char32_t c);

constexpr bool is_ascii_word(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

inline bool is_ascii(std::string_view text) noexcept {
    const char* at = text.data();
    const char* end = at + text.size();
    std::uint64_t all = 0;
    for (; end - at >= 8; at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, at, sizeof eight);
        all |= eight;
    }
    for (; at != end; ++at) all |= static_cast<unsigned char>(*at);
    return (all & 0x8080808080808080) == 0;
}

#if defined(__SSE2__)
/// Bit i: whether character i of the sixteen at `from` is an ASCII letter or digit.
inline std::uint32_t ascii_word_bits(const char* from) noexcept {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const auto within = [](__m128i chars, char first, char last) {
        return _mm_and_si128(_mm_cmpgt_epi8(chars, _mm_set1_epi8(static_cast<char>(first - 1))),
                             _mm_cmplt_epi8(chars, _mm_set1_epi8(static_cast<char>(last + 1))));
    };
    const __m128i letter = within(_mm_or_si128(chunk, _mm_set1_epi8(0x20)), 'a', 'z');
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(letter, within(chunk, '0', '9'))));
}
#endif

/// Calls `word` for each maximal run of letters and digits of an ASCII text.
template <class Word>
void for_each_ascii_word(std::string_view text, Word&& word) {
    const char* at = text.data();
    const char* end = at + text.size();
    const char* begin = nullptr;  // of the word that goes on
    const auto emit = [&](const char* to) {
        word(std::string_view(begin, static_cast<std::size_t>(to - begin)));
        begin = nullptr;
    };
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        // Each bit of `turns` is where a word begins or ends.
        const std::uint32_t bits = ascii_word_bits(at);
        std::uint32_t turns = (bits ^ (bits << 1 | (begin != nullptr ? 1u : 0u))) & 0xFFFF;
        for (; turns != 0; turns &= turns - 1) {
            const char* turn = at + std::countr_zero(turns);
            if (begin != nullptr) {
                emit(turn);
            } else {
                begin = turn;
            }
        }
    }
#endif
    for (; at != end; ++at) {
        if (is_ascii_word(*at)) {
            if (begin == nullptr) begin = at;
        } else if (begin != nullptr) {
            emit(at);
        }
    }
    if (begin != nullptr) emit(end);
}

/// Cuts `text` into words. A text in ASCII, the common case, is not copied: `ascii(run)` gets each maximal run of letters
/// and digits as it stands. Of any other, `folded(word)` gets the folded words.
template <class Ascii, class Folded>
void for_each_word(std::string_view text, std::string& scratch, Ascii&& ascii, Folded&& folded) {
    if (is_ascii(text)) return for_each_ascii_word(text, ascii);
    scratch.clear();
    append_folded(scratch, text);
    std::string_view rest = scratch;
    while (!rest.empty()) {
        const std::size_t size = rest.find(' ');
        if (size != 0) folded(rest.substr(0, size));
        if (size == rest.npos) return;
        rest.remove_prefix(size + 1);
    }
}

}  // namespace carrel::query
