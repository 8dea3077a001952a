#include "base/utf8.hpp"
#include "indicators/forms.hpp"
#include "indicators/text.hpp"
#include "query/fold.hpp"

#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

namespace carrel::indicators {

namespace {

constexpr std::size_t domain_max = 253, label_max = 63;

// The deltas of RFC 3492, section 6.1.
std::uint32_t adapted_bias(std::uint32_t delta, std::uint32_t points, bool is_first) {
    delta = is_first ? delta / 700 : delta / 2;
    delta += delta / points;
    std::uint32_t k = 0;
    for (; delta > 455; k += 36) delta /= 35;
    return k + 36 * delta / (delta + 38);
}
char punycode_digit(std::uint32_t value) { return static_cast<char>(value < 26 ? 'a' + value : '0' + value - 26); }

void append_variable(std::string& out, std::uint32_t number, std::uint32_t bias) {
    for (std::uint32_t k = 36;; k += 36) {
        const std::uint32_t threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if (number < threshold) break;
        out += punycode_digit(threshold + (number - threshold) % (36 - threshold));
        number = (number - threshold) / (36 - threshold);
    }
    out += punycode_digit(number);
}

// A label has 63 bytes at most when it is written so: no number overflows before that is found.
void append_punycode(std::string& out, const std::vector<char32_t>& points) {
    std::uint32_t basic = 0;
    for (const char32_t c : points)
        if (c < 0x80) {
            out += static_cast<char>(c);
            ++basic;
        }
    if (basic > 0) out += '-';
    std::uint32_t delta = 0, bias = 72, done = basic;
    for (char32_t from = 0x80; done < points.size(); ++from) {
        char32_t next = 0x110000;
        for (const char32_t c : points)
            if (c >= from && c < next) next = c;
        delta += (next - from) * (done + 1);
        from = next;
        for (const char32_t c : points) {
            if (c < from) ++delta;
            if (c != from) continue;
            append_variable(out, delta, bias);
            bias = adapted_bias(delta, done + 1, done == basic);
            delta = 0;
            ++done;
        }
        ++delta;
    }
}

// Controls, blanks, marks that are not seen or turn the direction, and what is no character.
bool is_for_labels(char32_t c) {
    return c < 0x80 || !(c <= 0xA0 || c == 0xAD || (c >= 0x2000 && c <= 0x206F) || c == 0x3000 || c == 0xFEFF ||
                         (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xFFF0 && c <= 0xFFFF) || c >= 0xE0000);
}

constexpr std::array<bool, 256> characters_of_labels() {
    std::array<bool, 256> all{};
    for (std::size_t i = 0; i < 128; ++i) {
        const char c = static_cast<char>(i);
        all[i] = is_digit(c) || is_letter(c) || c == '-' || c == '_';
    }
    return all;
}
constexpr auto is_of_label = characters_of_labels();

reason append_label(std::string& out, std::string_view label, bool is_ascii) {
    const std::size_t begin = out.size();
    if (is_ascii || query::is_ascii(label)) {
        append_lower(out, label);
    } else {
        std::vector<char32_t> points;
        for (std::string_view rest = label; !rest.empty();) {
            const auto one = json::first_code_point(rest);
            if (one.size == 0 || !is_for_labels(one.value)) return "has a character that no domain has";
            points.push_back(one.value);
            rest.remove_prefix(one.size);
        }
        if (points.size() > label_max) return "has a label of more than 63 characters";
        out += "xn--";
        append_punycode(out, points);
    }
    const auto made = std::string_view(out).substr(begin);
    if (made.empty()) return "has an empty label: two dots, or one at its beginning";
    if (made.size() > label_max) return "has a label of more than 63 characters";
    if (made == "*") return "is a pattern: name the domains one by one";
    if (made.front() == '-' || made.back() == '-') return "has a label with a hyphen at its end";
    bool is_right = true;
    for (const char c : made) is_right &= is_of_label[static_cast<unsigned char>(c)];
    return is_right ? reason{} : "has a character that no domain has";
}

// Compatibility forms composed, lower case, and the full stops of East Asia as dots.
std::string mapped(std::string_view text) {
    const std::string lowered = query::lower_case(text);
    utf8proc_uint8_t* made = nullptr;
    const auto size = utf8proc_map(
        reinterpret_cast<const utf8proc_uint8_t*>(lowered.data()), static_cast<utf8proc_ssize_t>(lowered.size()), &made,
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(made, &std::free);
    if (size < 0) return std::string(text);
    std::string all(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
    for (std::size_t at; (at = all.find("\u3002")) != all.npos;) all.replace(at, 3, ".");
    return query::lower_case(all);
}

reason append_labels(std::string& out, std::string_view text, std::size_t labels_min, bool is_ascii) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.size() > 4 * domain_max) return "has more than 253 characters";
    const std::size_t begin = out.size();
    std::size_t labels = 0, last = begin;
    for (bool more = true; more; ++labels) {
        const auto dot = text.find('.');
        more = dot != text.npos;
        if (labels != 0) out += '.';
        last = out.size();
        if (const auto why = append_label(out, text.substr(0, dot), is_ascii); !why.empty()) return why;
        if (more) text.remove_prefix(dot + 1);
    }
    if (out.size() - begin > domain_max) return "has more than 253 characters";
    if (labels < labels_min) return "has a single label: a domain has a dot";
    if (is_digits(std::string_view(out).substr(last))) return "ends in a number: it could be an address";
    return {};
}

}  // namespace

reason append_domain(std::string& out, std::string_view text, std::size_t labels_min) {
    if (text.empty()) return "is empty";
    if (query::is_ascii(text)) return append_labels(out, text, labels_min, true);
    if (text.size() > 4 * domain_max) return "has more than 253 characters";
    return append_labels(out, mapped(text), labels_min, false);
}

}  // namespace carrel::indicators
