#include "siem/feed_schedule.hpp"

#include <charconv>
#include <chrono>

namespace carrel::siem {

namespace {

constexpr timestamp second = 1'000'000, minute = 60 * second, day = 24 * 60 * minute;
constexpr std::int64_t years_ahead = 8;  // the 29th of February comes within them

std::optional<unsigned> number(std::string_view text, unsigned most) {
    unsigned found = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), found);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || found > most)
        return std::nullopt;
    return found;
}

std::string_view take(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto part = text.substr(0, at);
    text.remove_prefix(at == text.npos ? text.size() : at + 1);
    return part;
}

// One of a field's parts: `*`, `5`, `1-5`, `*/15`, `10-50/10`.
template <std::size_t Size>
bool read_part(std::string_view part, unsigned low, unsigned high, std::bitset<Size>& into) {
    const bool has_step = part.find('/') != part.npos;
    const std::string_view range = take(part, '/');
    const auto step = has_step ? number(part, high) : 1U;
    if (!step || *step == 0) return false;
    unsigned first = low, last = high;
    if (range != "*") {
        std::string_view rest = range;
        const bool has_end = range.find('-') != range.npos;
        const auto from = number(take(rest, '-'), high);
        if (!from || *from < low) return false;
        first = *from;
        const auto to = has_end ? number(rest, high) : std::optional<unsigned>(has_step ? high : first);
        if (!to || *to < first) return false;
        last = *to;
    }
    for (unsigned each = first; each <= last; each += *step) into.set(each % Size);
    return true;
}

template <std::size_t Size>
bool read_field(std::string_view& text, unsigned low, unsigned high, std::bitset<Size>& into) {
    std::string_view field = take(text, ' ');
    if (field.empty() || field.ends_with(',')) return false;
    while (!field.empty())
        if (!read_part(take(field, ','), low, high, into)) return false;
    return true;
}

std::optional<timestamp> interval_of(std::string_view text) {
    if (text.empty()) return std::nullopt;
    timestamp unit = 0;
    switch (text.back()) {
        case 's': unit = second; break;
        case 'm': unit = minute; break;
        case 'h': unit = 60 * minute; break;
        case 'd': unit = day; break;
        default: return std::nullopt;
    }
    text.remove_suffix(1);
    constexpr unsigned count_max = 40'000'000;
    const auto count = number(text, count_max);
    if (!count) return std::nullopt;
    const timestamp length = *count * unit;
    if (length < minute || length > 366 * day) return std::nullopt;
    return length;
}

}  // namespace

std::optional<feed_schedule> feed_schedule::parse(std::string_view text) {
    feed_schedule made;
    if (const auto length = interval_of(text)) {
        made.interval_ = *length;
        return made;
    }
    std::string_view rest = text;
    if (!read_field(rest, 0, 59, made.minutes_) || !read_field(rest, 0, 23, made.hours_)) return std::nullopt;
    made.any_day_ = rest.starts_with('*');
    if (!read_field(rest, 1, 31, made.days_) || !read_field(rest, 1, 12, made.months_)) return std::nullopt;
    made.any_weekday_ = rest.starts_with('*');
    // 7 is Sunday, too.
    if (!read_field(rest, 0, 7, made.weekdays_) || !rest.empty() || text.ends_with(' ')) return std::nullopt;
    return made;
}

bool feed_schedule::is_day(std::int64_t days_since_epoch) const {
    using namespace std::chrono;
    const sys_days at{days{days_since_epoch}};
    const year_month_day date{at};
    if (!months_[static_cast<unsigned>(date.month())]) return false;
    const bool by_date = days_[static_cast<unsigned>(date.day())];
    const bool by_week = weekdays_[weekday{at}.c_encoding()];
    return any_day_ || any_weekday_ ? by_date && by_week : by_date || by_week;
}

std::optional<timestamp> feed_schedule::next(timestamp after) const {
    if (interval_ > 0) return after + interval_;
    const timestamp from = (after / minute + 1) * minute;
    for (std::int64_t today = from / day; today < from / day + years_ahead * 366; ++today) {
        if (!is_day(today)) continue;
        for (std::int64_t at = today == from / day ? from % day / minute : 0; at < 24 * 60; ++at)
            if (hours_[static_cast<std::size_t>(at / 60)] && minutes_[static_cast<std::size_t>(at % 60)])
                return today * day + at * minute;
    }
    return std::nullopt;
}

}  // namespace carrel::siem
