#include "json/writer.hpp"

#include "base/hex.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace carrel::json {

namespace {

// 0: as it is; 'u': \u00XX; anything else: the letter behind the backslash.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> table{};
    for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = 'u';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}();

void append_escape(std::string& out, unsigned char c) {
    out.push_back('\\');
    out.push_back(escapes[c]);
    if (escapes[c] != 'u') return;
    out.append("00");
    out.push_back(base::hex_digits[c >> 4]);
    out.push_back(base::hex_digits[c & 15]);
}

constexpr std::uint64_t every_byte(unsigned char c) { return c * 0x0101'0101'0101'0101u; }

// Up to 8 bytes of text; in the place of what is missing stand letters.
std::uint64_t word_at(const char* text, std::size_t size) noexcept {
    std::uint64_t word = every_byte('a');
    std::memcpy(&word, text, size);
    return word;
}

// A byte of `word` is below `c`, or equal to it: the high bit of one of the answer's bytes. A borrow can set the bit of a
// byte above one that is rightly found, but never one without.
constexpr std::uint64_t bytes_below(std::uint64_t word, unsigned char c) { return (word - every_byte(c)) & ~word; }
constexpr std::uint64_t bytes_like(std::uint64_t word, unsigned char c) { return bytes_below(word ^ every_byte(c), 1); }

constexpr bool has_escape(std::uint64_t word) {
    return ((bytes_below(word, 0x20) | bytes_like(word, '"') | bytes_like(word, '\\')) & every_byte(0x80)) != 0;
}

}  // namespace

bool is_plain(std::string_view text) noexcept {
    if (text.empty()) return true;
    constexpr std::size_t step = sizeof(std::uint64_t);
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > step; at += step, left -= step)
        if (has_escape(word_at(at, step))) return false;
    // The last word of a longer text begins in the one before it.
    if (text.size() >= step) return !has_escape(word_at(at + left - step, step));
    return !has_escape(word_at(at, left));
}

void writer::separate() {
    if (comma_) out_->push_back(',');
    comma_ = true;
}

writer& writer::begin_object() {
    separate();
    out_->push_back('{');
    comma_ = false;
    return *this;
}

writer& writer::end_object() {
    out_->push_back('}');
    comma_ = true;
    return *this;
}

writer& writer::begin_array() {
    separate();
    out_->push_back('[');
    comma_ = false;
    return *this;
}

writer& writer::end_array() {
    out_->push_back(']');
    comma_ = true;
    return *this;
}

writer& writer::key(std::string_view name) {
    string(name);
    out_->push_back(':');
    comma_ = false;
    return *this;
}

writer& writer::string(std::string_view text) {
    separate();
    out_->push_back('"');
    if (is_plain(text)) {
        out_->append(text).push_back('"');
        return *this;
    }
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (escapes[c] == 0) continue;
        out_->append(text, from, at - from);
        append_escape(*out_, c);
        from = at + 1;
    }
    out_->append(text, from, text.size() - from);
    out_->push_back('"');
    return *this;
}

writer& writer::integer(std::int64_t number) {
    separate();
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out_->append(digits.data(), end);
    return *this;
}

writer& writer::real(double number) {
    // JSON has no word for what is not a number.
    if (!std::isfinite(number)) return null();
    separate();
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out_->append(digits.data(), end);
    return *this;
}

writer& writer::boolean(bool truth) { return raw(truth ? "true" : "false"); }

writer& writer::null() { return raw("null"); }

writer& writer::raw(std::string_view json) {
    separate();
    out_->append(json);
    return *this;
}

}  // namespace carrel::json
