#include "sigma/rule_date.hpp"

#include <chrono>
#include <cstdio>

namespace carrel::sigma {

namespace {

/// Takes a number of so many digits from the front; -1 if there is none.
int take_number(std::string_view& text, std::size_t min, std::size_t max) {
    std::size_t size = 0;
    int number = 0;
    while (size < max && size < text.size() && text[size] >= '0' && text[size] <= '9')
        number = number * 10 + (text[size++] - '0');
    if (size < min) return -1;
    text.remove_prefix(size);
    return number;
}
bool take(std::string_view& text, char sign) {
    if (!text.starts_with(sign)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<std::string> read_date(std::string_view text) {
    const int year = take_number(text, 4, 4);
    const char sign = text.starts_with('/') ? '/' : '-';
    const std::size_t digits = sign == '/' ? 1 : 2;
    if (year < 1000 || year > 3999 || !take(text, sign)) return std::nullopt;
    const int month = take_number(text, digits, 2);
    if (month < 0 || !take(text, sign)) return std::nullopt;
    const int day = take_number(text, digits, 2);
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (day < 0 || !date.ok()) return std::nullopt;
    const bool timed = sign == '-' && text.size() > 1 && (text.front() == 'T' || text.front() == ' ');
    if (!text.empty() && !timed) return std::nullopt;
    char out[40];
    std::snprintf(out, sizeof out, "%04d-%02d-%02d", year, month, day);
    return out;
}

}  // namespace carrel::sigma
