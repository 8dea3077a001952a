#include "sigma/yaml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace carrel::sigma {

namespace {

struct digits {
    bool negative = false;
    int base = 10;
    std::string text;  // without signs, prefix and underscores
};

bool is_digit_of(char c, int base) noexcept {
    if (c >= '0' && c <= '9') return c - '0' < base;
    return base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

std::optional<digits> digits_of(std::string_view text) {
    digits found;
    if (text.starts_with('-') || text.starts_with('+')) {
        found.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text.empty() || text.front() == '_') return std::nullopt;
    if (text.starts_with("0x")) {
        found.base = 16;
        text.remove_prefix(2);
    } else if (text.starts_with("0b")) {
        found.base = 2;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == '0') {
        found.base = 8;
    }
    for (const char c : text) {
        if (c == '_') continue;
        if (!is_digit_of(c, found.base)) return std::nullopt;
        found.text += c;
    }
    if (found.text.empty()) return std::nullopt;
    return found;
}

std::optional<yaml_scalar> integer_of(std::string_view text) {
    const auto found = digits_of(text);
    if (!found) return std::nullopt;
    std::uint64_t magnitude = 0;
    const char* end = found->text.data() + found->text.size();
    const auto read = std::from_chars(found->text.data(), end, magnitude, found->base);
    constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (read.ec == std::errc() && magnitude <= max + (found->negative ? 1 : 0))
        return static_cast<std::int64_t>(found->negative ? ~magnitude + 1 : magnitude);
    // The digits of what fits into 64 bits without a sign, or is written in decimal, are known without arithmetic.
    const std::string sign = found->negative ? "-" : "";
    if (read.ec == std::errc()) return yaml_number{sign + std::to_string(magnitude)};
    return yaml_number{found->base == 10 ? sign + found->text : std::string()};
}

/// `1.5`, `.5`, `1.`, `1.5e+3`, `.inf`, `.nan`; a number without a point is none.
std::optional<double> real_of(std::string_view text) {
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    if (rest == ".inf" || rest == ".Inf" || rest == ".INF")
        return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    if (text == ".nan" || text == ".NaN" || text == ".NAN") return std::numeric_limits<double>::quiet_NaN();
    if (rest.empty() || !(is_digit_of(rest.front(), 10) || rest.front() == '.')) return std::nullopt;
    if (rest.find('.') == rest.npos || rest == ".") return std::nullopt;
    std::string plain;
    std::copy_if(rest.begin(), rest.end(), std::back_inserter(plain), [](char c) { return c != '_'; });
    if (const auto e = plain.find_first_of("eE"); e != plain.npos) {
        // YAML 1.1 requires the exponent's sign.
        if (e + 1 >= plain.size() || (plain[e + 1] != '+' && plain[e + 1] != '-')) return std::nullopt;
        if (plain[e + 1] == '+') plain.erase(e + 1, 1);
    }
    double number = 0;
    const auto read = std::from_chars(plain.data(), plain.data() + plain.size(), number);
    if (read.ec != std::errc() || read.ptr != plain.data() + plain.size()) return std::nullopt;
    return negative ? -number : number;
}

std::optional<bool> bool_of(std::string_view text) {
    constexpr std::array<std::string_view, 9> yes{"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
    constexpr std::array<std::string_view, 9> no{"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
    if (std::find(yes.begin(), yes.end(), text) != yes.end()) return true;
    if (std::find(no.begin(), no.end(), text) != no.end()) return false;
    return std::nullopt;
}

}  // namespace

yaml_scalar resolve(const yaml_node& node) {
    if (node.is_null()) return std::monostate();
    if (!node.plain) return node.text;
    if (const auto truth = bool_of(node.text)) return *truth;
    if (auto number = integer_of(node.text)) return std::move(*number);
    if (const auto number = real_of(node.text)) return *number;
    return node.text;
}

}  // namespace carrel::sigma
