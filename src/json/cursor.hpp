#pragma once

#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace carrel::json {

/// Walks a text of JSON value by value. A full scan of a table runs this over every row, so strings and nested values are
/// skipped sixteen bytes at a time. What is not valid JSON gives some answer, never a read out of bounds.
class cursor {
public:
    explicit cursor(std::string_view text) noexcept
        : at_(text.data()),
          end_(text.data() + text.size()) {}

    const char* at() const noexcept { return at_; }
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

}  // namespace carrel::json
