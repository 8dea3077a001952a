#include "json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

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
    constexpr char digits[] = "0123456789abcdef";
    out.push_back('\\');
    out.push_back(escapes[c]);
    if (escapes[c] != 'u') return;
    out.append("00");
    out.push_back(digits[c >> 4]);
    out.push_back(digits[c & 15]);
}

}  // namespace

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
    // JSON has no word for what is no number.
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
