#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace carrel::query {

/// Appends `text` without case and accents: letters and digits in UTF-8, one blank or more wherever a word ends.
///
/// A character becomes what Unicode's compatibility decomposition and full case folding make of it; of that, letters,
/// numbers and spacing marks are kept, other marks vanish, anything else ends a word, as do bytes that are not UTF-8.
/// Latin letters with a stroke (ø, ł, đ, ħ, ŧ) and the dotless i, which Unicode does not decompose, lose it, too.
void append_folded(std::string& out, std::string_view text);

/// Whether a folded word has a character of a script that writes words without blanks between them (Han, Kana, Hangul,
/// Thai, Lao, Khmer, Burmese): it is looked for inside words.
bool is_unspaced(std::string_view folded);

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

/// Cuts `text` into words. A text in ASCII, the common case, is not copied: `ascii(run)` gets each maximal run of letters
/// and digits as it stands. Of any other, `folded(word)` gets the folded words.
template <class Ascii, class Folded>
void for_each_word(std::string_view text, std::string& scratch, Ascii&& ascii, Folded&& folded) {
    const char* at = text.data();
    const char* end = at + text.size();
    if (is_ascii(text)) {
        for (;;) {
            while (at != end && !is_ascii_word(*at)) ++at;
            if (at == end) return;
            const char* begin = at;
            while (at != end && is_ascii_word(*at)) ++at;
            ascii(std::string_view(begin, static_cast<std::size_t>(at - begin)));
        }
    }
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
