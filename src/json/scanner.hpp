#pragma once

#include "base/utf8.hpp"

#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace carrel::json {

enum class scan_error { none, broken, invalid_utf8, too_deep, trailing };

enum class scalar { string, number, boolean, null };

/// Checks one JSON text against RFC 8259 and reports to a handler what is in it, without a document and without copies:
///
///     void begin(char bracket); void end(char bracket);
///     void key(std::string_view raw, bool escaped);
///     void value(scalar kind, std::string_view raw, bool escaped);   // a string without its quotes, else as it stands
///
/// Keys may come twice and a surrogate may stand alone: both are JSON. Views point into the text.
template <class Handler>
class scanner {
public:
    scanner(std::string_view text, Handler& handler, std::size_t depth_max) noexcept
        : begin_(text.data()),
          at_(text.data()),
          end_(text.data() + text.size()),
          handler_(&handler),
          depth_left_(depth_max) {}

    scan_error run() {
        if (value()) {
            skip_space();
            if (at_ != end_) error_ = scan_error::trailing;
        }
        return error_;
    }
    /// Where it stopped.
    std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

private:
    bool fail(scan_error why = scan_error::broken) noexcept {
        error_ = why;
        return false;
    }
    void skip_space() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    bool next_is(char c) noexcept { return at_ != end_ && *at_ == c; }
    bool take(char c) noexcept {
        if (!next_is(c)) return false;
        ++at_;
        return true;
    }
    std::string_view since(const char* from) const noexcept { return {from, static_cast<std::size_t>(at_ - from)}; }

    bool value() {
        skip_space();
        if (at_ == end_) return fail();
        switch (*at_) {
            case '{': return nested('}', [this] { return member(); });
            case '[': return nested(']', [this] { return value(); });
            case '"':
                return string(
                    [this](std::string_view raw, bool escaped) { handler_->value(scalar::string, raw, escaped); });
            case 't': return literal("true", scalar::boolean);
            case 'f': return literal("false", scalar::boolean);
            case 'n': return literal("null", scalar::null);
            default: return number();
        }
    }

    template <class Item>
    bool nested(char closing, Item item) {
        if (depth_left_ == 0) return fail(scan_error::too_deep);
        --depth_left_;
        handler_->begin(*at_++);
        skip_space();
        if (!next_is(closing)) {
            do {
                if (!item()) return false;
                skip_space();
            } while (take(','));
        }
        if (!take(closing)) return fail();
        handler_->end(closing);
        ++depth_left_;
        return true;
    }

    bool member() {
        skip_space();
        if (!next_is('"')) return fail();
        if (!string([this](std::string_view raw, bool escaped) { handler_->key(raw, escaped); })) return false;
        skip_space();
        return take(':') ? value() : fail();
    }

    template <class Report>
    bool string(Report report) {
        const char* from = ++at_;
        bool escaped = false;
        for (;;) {
            skip_plain();
            if (at_ == end_) return fail();
            if (*at_ == '"') break;
            if (*at_ == '\\') {
                escaped = true;
                if (!escape()) return fail();
            } else if (static_cast<unsigned char>(*at_) < 0x20) {
                return fail();
            } else {
                const std::size_t size = first_code_point({at_, static_cast<std::size_t>(end_ - at_)}).size;
                if (size == 0) return fail(scan_error::invalid_utf8);
                at_ += size;
            }
        }
        report(since(from), escaped);
        ++at_;
        return true;
    }
    // Sixteen characters at once: most of an event is inside its strings.
    void skip_plain() noexcept {
#if defined(__SSE2__)
        const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(' ');
        for (; end_ - at_ >= 16; at_ += 16) {
            const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_));
            // As signed numbers, what is beyond ASCII is below the blank, too.
            const __m128i special =
                _mm_or_si128(_mm_cmplt_epi8(chunk, blank),
                             _mm_or_si128(_mm_cmpeq_epi8(chunk, quote), _mm_cmpeq_epi8(chunk, backslash)));
            const auto hits = static_cast<unsigned>(_mm_movemask_epi8(special));
            if (hits != 0) {
                at_ += std::countr_zero(hits);
                return;
            }
        }
#endif
        while (at_ != end_ && is_plain(*at_)) ++at_;
    }
    static bool is_plain(char c) noexcept {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
    }
    bool escape() noexcept {
        if (++at_ == end_) return false;
        const char c = *at_++;
        if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
        for (int i = 0; i < 4; ++i, ++at_)
            if (at_ == end_ || !is_hex(*at_)) return false;
        return true;
    }
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
    static bool is_hex(char c) noexcept { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

    bool literal(std::string_view word, scalar kind) {
        if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word)
            return fail();
        handler_->value(kind, {at_, word.size()}, false);
        at_ += word.size();
        return true;
    }

    bool digits() noexcept {
        const char* from = at_;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        return at_ != from;
    }
    bool number() {
        const char* from = at_;
        take('-');
        if (!take('0') && !digits()) return fail();
        if (take('.') && !digits()) return fail();
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            if (!digits()) return fail();
        }
        handler_->value(scalar::number, since(from), false);
        return true;
    }

    const char* begin_;
    const char* at_;
    const char* end_;
    Handler* handler_;
    std::size_t depth_left_;
    scan_error error_ = scan_error::none;
};

}  // namespace carrel::json
