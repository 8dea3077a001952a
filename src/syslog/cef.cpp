#include "syslog/cef.hpp"

#include "syslog/header.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace carrel::syslog {

namespace {

constexpr std::string_view mark = "CEF:";
constexpr std::size_t header_fields = 7;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_of_key(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-' ||
           c == '[' || c == ']';
}

// Up to the next `|` that is not escaped, which goes, too; nothing if there is none.
std::optional<std::string_view> take_field(std::string_view& rest) {
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '\\') {
            ++i;
        } else if (rest[i] == '|') {
            const auto field = rest.substr(0, i);
            rest.remove_prefix(i + 1);
            return field;
        }
    }
    return std::nullopt;
}

// Where the next key begins whose `=` is not escaped, and where that is; npos if there is none.
struct key_place {
    std::size_t begin, equals;
};
// `is_begin`: a key may stand at the front of `text`, as it does in an extension but not in a value.
key_place find_key(std::string_view text, bool is_begin) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
            continue;
        }
        if (text[i] != '=') continue;
        std::size_t begin = i;
        while (begin > 0 && is_of_key(text[begin - 1])) --begin;
        const bool is_apart = begin == 0 ? is_begin : text[begin - 1] == ' ' || text[begin - 1] == '\t';
        if (begin < i && is_apart) return {begin, i};
    }
    return {text.npos, text.npos};
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

// `Nov 26 2026 10:00:00.000` as RFC 3339 writes it.
std::optional<siem::timestamp> time_with_year(std::string_view text) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() < 20 || text[3] != ' ' || text[6] != ' ' || text[11] != ' ') return std::nullopt;
    const std::size_t month = months.find(text.substr(0, 3));
    if (month == months.npos || month % 3 != 0) return std::nullopt;
    const std::string number = std::to_string(month / 3 + 1);
    const std::string day = {text[4] == ' ' ? '0' : text[4], text[5]};
    const std::string_view clock = text.substr(12, text.find(' ', 12) - 12);
    return siem::parse_time(std::string(text.substr(7, 4)) + "-" + (number.size() == 1 ? "0" : "") + number + "-" +
                            day + "T" + std::string(clock) + "Z");
}

}  // namespace

bool read_cef(std::string_view message, cef_message& into, std::string& why) {
    std::size_t at = message.find(mark);
    while (at != message.npos && !(at + mark.size() < message.size() && is_digit(message[at + mark.size()])))
        at = message.find(mark, at + 1);
    if (at == message.npos) {
        why = "there is no `CEF:` with a version";
        return false;
    }
    into = {};
    into.before = message.substr(0, at);
    std::string_view rest = message.substr(at + mark.size());
    const std::array<std::string_view*, header_fields> fields = {
        &into.version,      &into.vendor, &into.product, &into.product_version,
        &into.signature_id, &into.name,   &into.severity};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto field = take_field(rest);
        // An extension may be left out with its bar.
        const bool is_last = i + 1 == fields.size() && !field && !rest.empty();
        if (!field && !is_last) {
            why = "the header has " + std::to_string(i) + " of 7 fields";
            return false;
        }
        *fields[i] = field ? *field : rest;
        if (is_last) rest = {};
    }
    into.extension = rest;
    return true;
}

std::optional<cef_pair> next_pair(std::string_view& extension) {
    const key_place key = find_key(extension, true);
    if (key.equals == extension.npos) {
        extension = {};
        return std::nullopt;
    }
    const std::string_view behind = extension.substr(key.equals + 1);
    const key_place next = find_key(behind, false);
    const std::size_t size = std::min(next.begin, behind.size());
    std::string_view value = behind.substr(0, size);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    const cef_pair found{extension.substr(key.begin, key.equals - key.begin), value};
    extension = behind.substr(size);
    return found;
}

std::string without_escapes(std::string_view text) {
    std::string made;
    made.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
        const bool is_itself = next == '\\' || next == '|' || next == '=';
        if (next == 'n' || next == 'r') made.push_back(next == 'n' ? '\n' : '\r');
        else made.push_back(is_itself ? next : text[i]);
        if (is_itself || next == 'n' || next == 'r') ++i;
    }
    return made;
}

std::optional<siem::timestamp> time_of_cef(std::string_view text, siem::timestamp received_at) {
    constexpr std::int64_t seconds_max = 100'000'000'000;  // beyond, a number counts milliseconds
    constexpr std::int64_t milliseconds_max = seconds_max * 1'000;
    if (const auto number = number_of(text)) {
        if (*number <= 0 || *number > milliseconds_max) return std::nullopt;
        return *number < seconds_max ? *number * 1'000'000 : *number * 1'000;
    }
    if (const auto whole = time_with_year(text)) return whole;
    if (const auto of_3164 = time_of_3164(text, received_at)) return of_3164;
    return siem::parse_time(text);
}

}  // namespace carrel::syslog
