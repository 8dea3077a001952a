#include "indicators/address.hpp"

#include "indicators/text.hpp"

#include <algorithm>
#include <charconv>

namespace carrel::indicators {

namespace {

// A decimal number without leading zeros.
std::optional<int> small_number(std::string_view digits, int max) noexcept {
    if (digits.size() > 3 || !is_digits(digits) || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
    int number = 0;
    for (const char c : digits) number = number * 10 + (c - '0');
    return number <= max ? std::optional(number) : std::nullopt;
}

bool parse_v4(std::string_view text, std::uint8_t* into) noexcept {
    if (text.size() < 7 || text.size() > 15) return false;
    for (int part = 0; part < 4; ++part) {
        const auto dot = part < 3 ? text.find('.') : text.size();
        if (dot == text.npos) return false;
        const auto number = small_number(text.substr(0, dot), 255);
        if (!number) return false;
        into[part] = static_cast<std::uint8_t>(*number);
        text.remove_prefix(std::min(dot + 1, text.size()));
    }
    return true;
}

// Reads groups up to the end or to `::`; how many bytes they took, or -1. What is left of the text begins behind the `::`.
int read_groups(std::string_view& text, std::uint8_t* into, int room) noexcept {
    int size = 0;
    while (!text.empty() && !text.starts_with("::")) {
        if (size > 0) {
            if (text.front() != ':') return -1;
            text.remove_prefix(1);
        }
        const auto end = std::min(text.find(':'), text.size());
        const auto group = text.substr(0, end);
        if (group.find('.') != group.npos) {
            if (end != text.size() || size + 4 > room || !parse_v4(group, into + size)) return -1;
            text = {};
            return size + 4;
        }
        if (group.size() > 4 || !is_hex_text(group) || size + 2 > room) return -1;
        unsigned value = 0;
        std::from_chars(group.data(), group.data() + group.size(), value, 16);
        into[size++] = static_cast<std::uint8_t>(value >> 8);
        into[size++] = static_cast<std::uint8_t>(value);
        text.remove_prefix(end);
    }
    return size;
}

bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& into) noexcept {
    const int front = read_groups(text, into.data(), 16);
    if (front < 0 || text.empty()) return front == 16;
    text.remove_prefix(2);
    std::array<std::uint8_t, 16> rest{};
    const int back = text.starts_with(':') ? -1 : read_groups(text, rest.data(), 16);
    // `::` stands for one group at least.
    if (back < 0 || !text.empty() || front + back > 14) return false;
    std::copy_n(rest.begin(), back, into.end() - back);
    return true;
}

address unmapped(const address& one) noexcept {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!one.is_v6 || !std::equal(prefix.begin(), prefix.end(), one.bytes.begin())) return one;
    address made;
    std::copy_n(one.bytes.begin() + 12, 4, made.bytes.begin());
    return made;
}

std::optional<address> parse_as_written(std::string_view text) noexcept {
    address made;
    if (text.size() < 2 || text.size() > 45) return std::nullopt;
    if (text.find(':') == text.npos) return parse_v4(text, made.bytes.data()) ? std::optional(made) : std::nullopt;
    made.is_v6 = true;
    return parse_v6(text, made.bytes) ? std::optional(made) : std::nullopt;
}

void append_number(std::string& out, unsigned number, int base) {
    char digits[8];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

void append_v6(std::string& out, const std::array<std::uint8_t, 16>& bytes) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = unsigned{bytes[2 * i]} << 8 | bytes[2 * i + 1];
    std::size_t longest = 8, length = 1;  // a single group of zeros stays
    for (std::size_t begin = 0; begin < 8; ++begin) {
        std::size_t end = begin;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - begin > length) {
            longest = begin;
            length = end - begin;
        }
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == longest) {
            out += "::";
            i += length - 1;
            continue;
        }
        if (i != 0 && i != longest + length) out += ':';
        append_number(out, groups[i], 16);
    }
}

}  // namespace

std::optional<address> parse_address(std::string_view text) noexcept {
    const auto one = parse_as_written(text);
    return one ? std::optional(unmapped(*one)) : std::nullopt;
}

void append_address(std::string& out, const address& of) {
    if (of.is_v6) return append_v6(out, of.bytes);
    for (std::size_t i = 0; i < 4; ++i) {
        if (i != 0) out += '.';
        append_number(out, of.bytes[i], 10);
    }
}

network network_of(const address& one, int bits) noexcept {
    network made{one, bits};
    for (int i = 0; i < 16; ++i) {
        const int kept = std::clamp(bits - 8 * i, 0, 8);
        made.first.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
    }
    return made;
}

bool network::contains(const address& one) const noexcept {
    return one.is_v6 == first.is_v6 && network_of(one, bits) == *this;
}

std::optional<network> parse_network(std::string_view text) noexcept {
    const auto slash = text.find('/');
    if (slash == text.npos) return std::nullopt;
    const auto written = parse_as_written(text.substr(0, slash));
    if (!written) return std::nullopt;
    const auto bits = small_number(text.substr(slash + 1), written->bits());
    if (!bits) return std::nullopt;
    // A network of IPv4 addresses mapped into IPv6 is one of IPv4.
    const auto one = *bits >= 96 ? unmapped(*written) : *written;
    return network_of(one, one.is_v6 == written->is_v6 ? *bits : *bits - 96);
}

void append_network(std::string& out, const network& of) {
    append_address(out, of.first);
    out += '/';
    append_number(out, static_cast<unsigned>(of.bits), 10);
}

}  // namespace carrel::indicators
