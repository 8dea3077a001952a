#include "syslog/header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace carrel::syslog {

namespace {

constexpr int priority_max = 191;
constexpr std::size_t tag_bytes_max = 64;
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::optional<int> take_priority(std::string_view& rest) {
    const std::size_t end = rest.find('>');
    if (!rest.starts_with('<') || end == rest.npos || end < 2 || end > 4) return std::nullopt;
    int priority = 0;
    const auto read = std::from_chars(rest.data() + 1, rest.data() + end, priority);
    if (read.ptr != rest.data() + end || priority < 0 || priority > priority_max) return std::nullopt;
    rest.remove_prefix(end + 1);
    return priority;
}

// Up to the next blank, which goes, too.
std::string_view take_word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

std::string_view unless_nil(std::string_view word) { return word == "-" ? std::string_view() : word; }

// The end of structured data at the front of `rest`; 0 if there is none.
std::size_t structured_size(std::string_view rest) {
    std::string_view data = rest;
    while (data.starts_with('[')) {
        const auto element = next_element(data);
        if (!element) return 0;
        std::string_view parameters = element->parameters;
        while (!parameters.empty())
            if (!next_parameter(parameters)) return 0;
    }
    return rest.size() - data.size();
}

void read_5424(std::string_view rest, header& into) {
    into.is_5424 = true;
    into.time = unless_nil(take_word(rest));
    into.host = unless_nil(take_word(rest));
    into.app = unless_nil(take_word(rest));
    into.pid = unless_nil(take_word(rest));
    into.msgid = unless_nil(take_word(rest));
    if (rest == "-" || rest.starts_with("- ")) {
        rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
    } else if (const std::size_t size = structured_size(rest); size > 0) {
        into.structured_data = rest.substr(0, size);
        rest.remove_prefix(std::min(size + (rest.substr(size).starts_with(' ') ? 1 : 0), rest.size()));
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
    into.text = rest;
}

bool is_time_of_3164(std::string_view text) {
    return text.size() >= 15 && std::find(months.begin(), months.end(), text.substr(0, 3)) != months.end() &&
           text[3] == ' ' && (text[4] == ' ' || is_digit(text[4])) && is_digit(text[5]) && text[6] == ' ' &&
           text[9] == ':' && text[12] == ':';
}

// The time is that of the RFC, or one with a year and an offset that many send in its place.
bool take_time(std::string_view& rest, header& into) {
    if (is_time_of_3164(rest)) {
        into.time = rest.substr(0, 15);
    } else {
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (word.size() < 19 || word[4] != '-' || !siem::parse_time(word)) return false;
        into.time = word;
    }
    rest.remove_prefix(into.time.size());
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    return true;
}

// `app[pid]:` at the front of a text.
bool take_tag(std::string_view& rest, header& into) {
    const std::size_t end = rest.substr(0, tag_bytes_max).find_first_of(":[ ");
    if (end == rest.npos || end == 0 || rest[end] == ' ') return false;
    std::size_t after = end;
    std::string_view pid;
    if (rest[end] == '[') {
        const std::size_t close = rest.find(']', end);
        if (close == rest.npos || close - end > tag_bytes_max) return false;
        pid = rest.substr(end + 1, close - end - 1);
        after = close + 1;
    }
    if (!rest.substr(after).starts_with(':')) return false;
    into.app = rest.substr(0, end);
    into.pid = pid;
    rest.remove_prefix(after + 1);
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    return true;
}

void read_3164(std::string_view rest, header& into) {
    if (take_time(rest, into)) {
        // A word that ends like a tag is one: some leave the host out.
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (!word.empty() && word.size() < rest.size() && !word.ends_with(':') && !word.ends_with(']'))
            into.host = take_word(rest);
    }
    take_tag(rest, into);
    into.text = rest;
}

}  // namespace

header read_header(std::string_view message) {
    header into;
    std::string_view rest = message;
    into.priority = take_priority(rest);
    if (!into.priority) {
        into.text = message;
        return into;
    }
    if (rest.starts_with("1 ")) read_5424(rest.substr(2), into);
    else read_3164(rest, into);
    return into;
}

std::optional<data_element> next_element(std::string_view& structured_data) {
    if (!structured_data.starts_with('[')) return std::nullopt;
    bool in_value = false;
    for (std::size_t i = 1; i < structured_data.size(); ++i) {
        const char c = structured_data[i];
        if (in_value && c == '\\') ++i;
        else if (c == '"') in_value = !in_value;
        else if (c == ']' && !in_value) {
            std::string_view inside = structured_data.substr(1, i - 1);
            structured_data.remove_prefix(i + 1);
            const std::string_view id = take_word(inside);
            if (id.empty()) return std::nullopt;
            return data_element{id, inside};
        }
    }
    return std::nullopt;
}

std::optional<data_parameter> next_parameter(std::string_view& parameters) {
    const std::size_t equals = parameters.find("=\"");
    if (equals == parameters.npos || equals == 0) return std::nullopt;
    const std::size_t from = equals + 2;
    std::size_t end = from;
    while (end < parameters.size() && parameters[end] != '"') end += parameters[end] == '\\' ? 2 : 1;
    if (end >= parameters.size()) return std::nullopt;
    const data_parameter found{parameters.substr(0, equals), parameters.substr(from, end - from)};
    parameters.remove_prefix(end + 1);
    while (parameters.starts_with(' ')) parameters.remove_prefix(1);
    return found;
}

std::optional<siem::timestamp> time_of_3164(std::string_view text, siem::timestamp received_at) {
    constexpr siem::timestamp week = 7 * 86'400ll * 1'000'000;
    if (!is_time_of_3164(text)) return std::nullopt;
    const auto month =
        static_cast<int>(std::find(months.begin(), months.end(), text.substr(0, 3)) - months.begin()) + 1;
    int year = 0;
    const std::string now = siem::format_time(received_at);
    std::from_chars(now.data(), now.data() + 4, year);
    const auto in_year = [&](int of) {
        std::string written = std::to_string(of) + (month < 10 ? "-0" : "-") + std::to_string(month) + "-";
        written += text[4] == ' ' ? '0' : text[4];
        return siem::parse_time(written.append(1, text[5]).append("T").append(text.substr(7, 8)).append("Z"));
    };
    const auto next = in_year(year + 1), same = in_year(year);
    if (next && *next <= received_at + week) return next;
    if (same && *same <= received_at + week) return same;
    return in_year(year - 1);
}

}  // namespace carrel::syslog
