#include "base/time.hpp"

#include "base/time_cursor.hpp"

#include <array>
#include <utility>

namespace carrel::siem {

namespace {

std::optional<timestamp> take_date(time_cursor& at) {
    const auto year = at.number(4);
    if (!year || !at.take('-')) return std::nullopt;
    const auto month = at.number(2);
    if (!month || !at.take('-')) return std::nullopt;
    const auto of_month = at.number(2);
    return of_month ? day_of(*year, *month, *of_month) : std::nullopt;
}

// `.123`, cut to microseconds; nothing is zero.
std::optional<timestamp> take_fraction(time_cursor& at) {
    if (!at.take('.')) return 0;
    if (!at.at_digit()) return std::nullopt;
    timestamp value = 0;
    timestamp unit = second;
    for (int taken = 0; at.at_digit(); ++taken) {
        if (taken == 9) return std::nullopt;
        unit /= 10;
        value += at.digit() * unit;
    }
    return value;
}

std::optional<timestamp> take_clock(time_cursor& at) {
    const auto seconds = at.whole_seconds();
    if (!seconds) return std::nullopt;
    const auto fraction = take_fraction(at);
    if (!fraction) return std::nullopt;
    return *seconds + *fraction;
}

std::optional<timestamp> take_offset(time_cursor& at) {
    if (at.take_one_of("Zz")) return 0;
    const bool west = at.peek() == '-';
    if (!at.take_one_of("+-")) return std::nullopt;
    const auto hours = at.number(2);
    if (!hours || *hours > 23 || !at.take(':')) return std::nullopt;
    const auto minutes = at.number(2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const timestamp offset = (*hours * 3600 + *minutes * 60) * second;
    return west ? -offset : offset;
}

std::optional<timestamp> parse(std::string_view text) {
    time_cursor at(text);
    const auto date = take_date(at);
    if (!date || !at.take_one_of("Tt")) return std::nullopt;
    const auto clock = take_clock(at);
    if (!clock) return std::nullopt;
    const auto offset = take_offset(at);
    if (!offset || !at.done()) return std::nullopt;
    return *date + *clock - *offset;
}

void put_digits(char* to, int count, std::int64_t value) noexcept {
    for (char* at = to + count; at != to; value /= 10) *--at = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<timestamp> parse_time(std::string_view text) {
    const auto at = parse(text);
    // An offset can carry the first and the last day out of the years that can be written.
    constexpr timestamp year_zero = -62'167'219'200 * second;
    if (!at || *at < year_zero || *at > timestamp_max) return std::nullopt;
    return at;
}

namespace {

using time_text = std::array<char, 27>;

time_text text_of(timestamp at) noexcept {
    const timestamp days = at >= 0 ? at / day : -((day - 1 - at) / day);
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    const timestamp clock = at - days * day;
    time_text text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':',
                   '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 'Z'};
    put_digits(&text[0], 4, static_cast<int>(date.year()));
    put_digits(&text[5], 2, static_cast<unsigned>(date.month()));
    put_digits(&text[8], 2, static_cast<unsigned>(date.day()));
    put_digits(&text[11], 2, clock / second / 3600);
    put_digits(&text[14], 2, clock / second / 60 % 60);
    put_digits(&text[17], 2, clock / second % 60);
    put_digits(&text[20], 6, clock % second);
    return text;
}

}  // namespace

std::string_view written_time(timestamp at) noexcept {
    // The times of one row are often the same.
    thread_local std::pair<timestamp, time_text> last{0, text_of(0)};
    if (last.first != at) last = {at, text_of(at)};
    return {last.second.data(), last.second.size()};
}

void append_time(std::string& out, timestamp at) { out.append(written_time(at)); }

std::string format_time(timestamp at) {
    std::string text;
    append_time(text, at);
    return text;
}

}  // namespace carrel::siem
