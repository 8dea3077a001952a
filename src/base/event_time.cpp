#include "base/time_cursor.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace carrel::siem {

namespace {

using maybe_time = std::optional<timestamp>;

// `.123` or `,123`, cut to microseconds; nothing is zero.
maybe_time take_fraction(time_cursor& at) {
    if (!at.take_one_of(".,")) return 0;
    if (!at.at_digit()) return std::nullopt;
    timestamp value = 0;
    for (timestamp unit = second / 10; at.at_digit(); unit /= 10) value += at.digit() * unit;
    return value;
}

maybe_time take_clock(time_cursor& at) {
    const auto seconds = at.whole_seconds();
    if (!seconds) return std::nullopt;
    const auto fraction = take_fraction(at);
    if (!fraction) return std::nullopt;
    return *seconds + *fraction;
}

// `Z`, `UTC`, `GMT`, `+01`, `+0100`, `+01:00`, with blanks before; nothing is UTC.
maybe_time take_offset(time_cursor& at) {
    while (at.take(' ')) {
    }
    if (at.done() || at.take_one_of("Zz") || at.take("UTC") || at.take("GMT")) return 0;
    const bool west = at.peek() == '-';
    if (!at.take_one_of("+-")) return std::nullopt;
    const auto hours = at.number(2);
    if (!hours || *hours > 23) return std::nullopt;
    const bool has_colon = at.take(':');
    int minutes = 0;
    if (has_colon || at.at_digit()) {
        const auto two = at.number(2);
        if (!two || *two > 59) return std::nullopt;
        minutes = *two;
    }
    const timestamp offset = (*hours * 3600 + minutes * 60) * second;
    return west ? -offset : offset;
}

// The clock, the offset, and nothing more.
maybe_time take_rest(time_cursor& at, timestamp date) {
    const auto clock = take_clock(at);
    if (!clock) return std::nullopt;
    const auto offset = take_offset(at);
    if (!offset || !at.done()) return std::nullopt;
    return date + *clock - *offset;
}

std::optional<int> take_month(time_cursor& at) {
    static constexpr std::array<std::string_view, 12> names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (std::size_t i = 0; i < names.size(); ++i)
        if (at.take(names[i])) return static_cast<int>(i) + 1;
    return std::nullopt;
}

// `2026-03-04T05:06:07`, also with slashes and with a blank for the T.
maybe_time year_first(time_cursor at) {
    const auto year = at.number(4);
    const char between = at.peek();
    if (!year || !at.take_one_of("-/")) return std::nullopt;
    const auto month = at.number(2);
    if (!month || !at.take(between)) return std::nullopt;
    const auto of_month = at.number(2);
    if (!of_month || !at.take_one_of("Tt ")) return std::nullopt;
    const auto date = day_of(*year, *month, *of_month);
    return date ? take_rest(at, *date) : std::nullopt;
}

// `04/Mar/2026:06:06:07 +0100`, of web servers, also in brackets.
maybe_time common_log(time_cursor at) {
    const auto of_month = at.number(2);
    if (!of_month || !at.take('/')) return std::nullopt;
    const auto month = take_month(at);
    if (!month || !at.take('/')) return std::nullopt;
    const auto year = at.number(4);
    if (!year || !at.take(':')) return std::nullopt;
    const auto date = day_of(*year, *month, *of_month);
    return date ? take_rest(at, *date) : std::nullopt;
}

// `Wed Mar  4 05:06:07 2026`, maybe with `UTC` behind it.
maybe_time c_library(time_cursor at) {
    const std::size_t weekday = at.rest().find(' ');
    if (weekday != 3) return std::nullopt;
    at = time_cursor(at.rest().substr(weekday + 1));
    const auto month = take_month(at);
    if (!month || !at.take(' ')) return std::nullopt;
    const auto of_month = at.take(' ') ? at.number(1) : at.number(2);
    if (!of_month || !at.take(' ')) return std::nullopt;
    const auto clock = take_clock(at);
    if (!clock || !at.take(' ')) return std::nullopt;
    const auto year = at.number(4);
    if (!year) return std::nullopt;
    const auto date = day_of(*year, *month, *of_month);
    const auto offset = take_offset(at);
    if (!date || !offset || !at.done()) return std::nullopt;
    return *date + *clock - *offset;
}

// `/Date(1772600767123)/` of .NET: milliseconds; an offset behind them is only where it was written.
maybe_time dot_net(std::string_view text) {
    constexpr std::string_view opening = "/Date(", closing = ")/";
    if (!text.starts_with(opening) || !text.ends_with(closing)) return std::nullopt;
    text = text.substr(opening.size(), text.size() - opening.size() - closing.size());
    std::int64_t milliseconds = 0;
    const char* end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, milliseconds);
    const bool has_offset = end - behind == 5 && (*behind == '+' || *behind == '-');
    if (error != std::errc() || (behind != end && !has_offset)) return std::nullopt;
    if (milliseconds > timestamp_max / 1'000 || milliseconds < -timestamp_max / 1'000) return std::nullopt;
    return milliseconds * 1'000;
}

maybe_time parse(std::string_view text) {
    if (text.starts_with('/')) return dot_net(text);
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
    if (text.size() < 19) return std::nullopt;
    const time_cursor at(text);
    if (text[2] == '/') return common_log(at);
    return at.at_digit() ? year_first(at) : c_library(at);
}

// Before it there were no logs, only what stands for no time: the zeros of .NET, of Windows and of SQL Server.
constexpr timestamp first_of_1901 = -2'177'452'800 * second;

bool is_of_an_event(timestamp at) { return at >= first_of_1901 && at <= timestamp_max; }

// The digits of an unsigned decimal number whose point its exponent has moved.
class moved_digits {
public:
    bool read(time_cursor at) {
        if (!at.at_digit()) return false;
        while (at.at_digit()) add(at.digit(), true);
        if (at.take('.')) {
            if (!at.at_digit()) return false;
            while (at.at_digit()) add(at.digit(), false);
        }
        return move(at) && at.done();
    }

    // What is before the point; nothing if that is beyond 64 bits.
    maybe_time whole() const {
        if (whole_ > 19) return std::nullopt;
        std::uint64_t value = 0;
        for (int i = 0; i < whole_; ++i) value = value * 10 + static_cast<std::uint64_t>(at(i));
        return value <= INT64_MAX ? std::optional(static_cast<timestamp>(value)) : std::nullopt;
    }
    // What is behind it, in parts of `unit`.
    timestamp fraction(timestamp unit) const {
        timestamp value = 0;
        for (int i = whole_; (unit /= 10) > 0; ++i) value += at(i) * unit;
        return value;
    }

private:
    void add(int digit, bool before_point) {
        const bool leads = count_ == 0 && digit == 0;
        if (leads && !before_point) --whole_;
        if (leads) return;
        if (before_point) ++whole_;
        // What is left out is less than any unit, or the number is too large anyway.
        if (count_ < digits_max) kept_[static_cast<std::size_t>(count_++)] = digit;
    }
    bool move(time_cursor& at) {
        if (!at.take_one_of("eE")) return true;
        const bool back = at.peek() == '-';
        at.take_one_of("+-");
        if (!at.at_digit()) return false;
        int exponent = 0;
        while (at.at_digit()) exponent = std::min(exponent * 10 + at.digit(), 1'000);
        if (count_ != 0) whole_ += back ? -exponent : exponent;
        return true;
    }
    int at(int i) const { return i >= 0 && i < count_ ? kept_[static_cast<std::size_t>(i)] : 0; }

    static constexpr int digits_max = 40;
    std::array<int, digits_max> kept_{};
    int count_ = 0;
    int whole_ = 0;  // how many digits stand before the point; fewer than none where zeros follow it
};

}  // namespace

std::optional<timestamp> parse_event_time(std::string_view text) {
    if (const auto at = parse(text)) return is_of_an_event(*at) ? at : std::nullopt;
    return parse_epoch(text);
}

std::optional<timestamp> parse_epoch(std::string_view text) {
    // 100,000,000,000 seconds are the year 5138, as many milliseconds are 1973.
    constexpr timestamp seconds_end = 100'000'000'000, milliseconds_end = 1'000 * seconds_end,
                        microseconds_end = 1'000 * milliseconds_end;
    moved_digits number;
    if (!number.read(time_cursor(text))) return std::nullopt;
    const auto whole = number.whole();
    if (!whole) return std::nullopt;
    if (*whole >= microseconds_end) return *whole / 1'000;
    const timestamp unit = *whole < seconds_end ? second : *whole < milliseconds_end ? 1'000 : 1;
    const timestamp at = *whole * unit + number.fraction(unit);
    return is_of_an_event(at) ? std::optional(at) : std::nullopt;
}

}  // namespace carrel::siem
