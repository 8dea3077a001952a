#include "base/time.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace carrel::siem {

namespace {

constexpr timestamp second = 1'000'000;
constexpr timestamp day = 86'400 * second;

class cursor {
public:
    explicit cursor(std::string_view text) noexcept
        : rest_(text) {}

    bool done() const noexcept { return rest_.empty(); }
    char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
    bool take(char c) noexcept {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_one_of(std::string_view set) noexcept {
        if (done() || set.find(rest_.front()) == set.npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `count` digits.
    std::optional<int> number(std::size_t count) noexcept {
        if (rest_.size() < count) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_digit(rest_[i])) return std::nullopt;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    bool at_digit() const noexcept { return !done() && is_digit(rest_.front()); }
    int digit() noexcept {
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

private:
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
    std::string_view rest_;
};

std::optional<timestamp> take_date(cursor& at) {
    const auto year = at.number(4);
    if (!year || !at.take('-')) return std::nullopt;
    const auto month = at.number(2);
    if (!month || !at.take('-')) return std::nullopt;
    const auto of_month = at.number(2);
    if (!of_month) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*of_month))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() * day;
}

// `.123`, cut to microseconds; nothing is zero.
std::optional<timestamp> take_fraction(cursor& at) {
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

std::optional<timestamp> take_clock(cursor& at) {
    const auto hours = at.number(2);
    if (!hours || *hours > 23 || !at.take(':')) return std::nullopt;
    const auto minutes = at.number(2);
    if (!minutes || *minutes > 59 || !at.take(':')) return std::nullopt;
    const auto seconds = at.number(2);
    // 60 is a leap second; it falls together with the second after it.
    if (!seconds || *seconds > 60) return std::nullopt;
    const auto fraction = take_fraction(at);
    if (!fraction) return std::nullopt;
    return (*hours * 3600 + *minutes * 60 + *seconds) * second + *fraction;
}

std::optional<timestamp> take_offset(cursor& at) {
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

std::optional<timestamp> parse(std::string_view text, std::string_view between, bool offset_optional) {
    cursor at(text);
    const auto date = take_date(at);
    if (!date || !at.take_one_of(between)) return std::nullopt;
    const auto clock = take_clock(at);
    if (!clock) return std::nullopt;
    if (at.done() && offset_optional) return *date + *clock;
    const auto offset = take_offset(at);
    if (!offset || !at.done()) return std::nullopt;
    return *date + *clock - *offset;
}

bool is_of_an_event(timestamp at) { return at >= 0 && at <= timestamp_max; }

void put_digits(char* to, int count, std::int64_t value) noexcept {
    for (char* at = to + count; at != to; value /= 10) *--at = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<timestamp> parse_time(std::string_view text) {
    const auto at = parse(text, "Tt", false);
    // An offset can carry the first and the last day out of the years that can be written.
    constexpr timestamp year_zero = -62'167'219'200 * second;
    if (!at || *at < year_zero || *at > timestamp_max) return std::nullopt;
    return at;
}

std::optional<timestamp> parse_event_time(std::string_view text) {
    if (const auto at = parse(text, "Tt ", true)) return is_of_an_event(*at) ? at : std::nullopt;
    return parse_epoch(text);
}

std::optional<timestamp> parse_epoch(std::string_view digits) {
    // 100,000,000,000 seconds are the year 5138, as many milliseconds are 1973.
    constexpr timestamp seconds_end = 100'000'000'000, milliseconds_end = 1'000 * seconds_end,
                        microseconds_end = 1'000 * milliseconds_end;
    cursor at(digits);
    if (!at.at_digit()) return std::nullopt;
    timestamp whole = 0;
    while (at.at_digit()) {
        whole = whole * 10 + at.digit();
        if (whole >= microseconds_end) return std::nullopt;
    }
    const timestamp unit = whole < seconds_end ? second : whole < milliseconds_end ? 1'000 : 1;
    timestamp result = whole * unit;
    if (at.take('.')) {
        if (!at.at_digit()) return std::nullopt;
        for (timestamp part = unit / 10; at.at_digit(); part /= 10) result += at.digit() * part;
    }
    return at.done() && is_of_an_event(result) ? std::optional(result) : std::nullopt;
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
