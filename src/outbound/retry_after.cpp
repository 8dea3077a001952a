#include "outbound/retry_after.hpp"

#include "base/time_cursor.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace carrel::outbound {
namespace {

using siem::time_cursor;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::system_clock;
using maybe_time = std::optional<sys_seconds>;

constexpr std::array<std::string_view, 7> day_names = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                       "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t short_day = 3;

bool take_short_day(time_cursor& at) {
    return std::any_of(day_names.begin(), day_names.end(),
                       [&](auto name) { return at.take(name.substr(0, short_day)); });
}

bool take_long_day(time_cursor& at) {
    return std::any_of(day_names.begin(), day_names.end(), [&](auto name) { return at.take(name); });
}

// From 1; 0 if there is none.
int take_month(time_cursor& at) {
    for (std::size_t i = 0; i < month_names.size(); ++i)
        if (at.take(month_names[i])) return static_cast<int>(i) + 1;
    return 0;
}

maybe_time time_of(int year_of, int month_of, int day_of_month, siem::timestamp clock) {
    const auto date = siem::day_of(year_of, month_of, day_of_month);
    if (!date) return std::nullopt;
    return sys_seconds(seconds((*date + clock) / siem::second));
}

// `06 Nov 1994 08:49:37 GMT`, with what stands between the parts of the date and how many digits its year has.
maybe_time take_day_first(time_cursor at, char between, std::size_t year_digits, int year_now) {
    const auto of_month = at.number(2);
    if (!of_month || !at.take(between)) return std::nullopt;
    const int of_year = take_month(at);
    if (of_year == 0 || !at.take(between)) return std::nullopt;
    auto year_of = at.number(year_digits);
    if (!year_of || !at.take(' ')) return std::nullopt;
    const auto clock = at.whole_seconds();
    if (!clock || !at.take(" GMT") || !at.done()) return std::nullopt;
    if (year_digits == 2) {
        const int last = year_now + 50;
        *year_of += last / 100 * 100;
        if (*year_of > last) *year_of -= 100;
    }
    return time_of(*year_of, of_year, *of_month, *clock);
}

// `Nov  6 08:49:37 1994`
maybe_time take_month_first(time_cursor at) {
    const int of_year = take_month(at);
    if (of_year == 0 || !at.take(' ')) return std::nullopt;
    const auto of_month = at.take(' ') ? at.number(1) : at.number(2);
    if (!of_month || !at.take(' ')) return std::nullopt;
    const auto clock = at.whole_seconds();
    if (!clock || !at.take(' ')) return std::nullopt;
    const auto year_of = at.number(4);
    if (!year_of || !at.done()) return std::nullopt;
    return time_of(*year_of, of_year, *of_month, *clock);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

maybe_time parse_http_date(std::string_view text, system_clock::time_point now) {
    const auto today = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now));
    const int year_now = static_cast<int>(today.year());
    time_cursor at(text);
    if (take_long_day(at)) return at.take(", ") ? take_day_first(at, '-', 2, year_now) : std::nullopt;
    if (!take_short_day(at)) return std::nullopt;
    if (at.take(", ")) return take_day_first(at, ' ', 4, year_now);
    return at.take(' ') ? take_month_first(at) : std::nullopt;
}

std::optional<seconds> parse_retry_after(std::string_view value, system_clock::time_point now) {
    value = trimmed(value);
    if (is_number(value)) {
        std::uint32_t wanted = 0;
        const auto read = std::from_chars(value.data(), value.data() + value.size(), wanted);
        // Only a number that is too large is left.
        return read.ec == std::errc() ? std::min(seconds(wanted), retry_after_max) : retry_after_max;
    }
    const auto until = parse_http_date(value, now);
    if (!until) return std::nullopt;
    // In seconds: the clock's own unit could not hold the year 9999.
    const seconds wait = *until - std::chrono::floor<seconds>(now);
    return wait > seconds(0) ? std::optional(std::min(wait, retry_after_max)) : std::nullopt;
}

}  // namespace carrel::outbound
