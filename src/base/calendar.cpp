#include "base/calendar.hpp"

#include "base/time_cursor.hpp"

#include <date/tz.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>

namespace carrel::siem {

namespace {

using std::chrono::microseconds;
using local_time = date::local_time<microseconds>;
using instant_time = date::sys_time<microseconds>;

constexpr timestamp minute = 60'000'000, hour = 60 * minute;

timestamp floor_of(timestamp at, timestamp length) {
    return (at >= 0 ? at / length : -((length - 1 - at) / length)) * length;
}

// `+05:30`.
std::optional<timestamp> fixed_offset(std::string_view text) {
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    int hours = 0, minutes = 0;
    const auto read = [](std::string_view digits, int& into) {
        const auto done = std::from_chars(digits.data(), digits.data() + digits.size(), into);
        return done.ec == std::errc() && done.ptr == digits.data() + digits.size();
    };
    if (!read(text.substr(1, 2), hours) || !read(text.substr(4, 2), minutes) || hours > 23 || minutes > 59)
        return std::nullopt;
    const timestamp offset = hours * hour + minutes * minute;
    return text[0] == '-' ? -offset : offset;
}

}  // namespace

struct time_zone::rules {
    const date::time_zone* zone;
};

std::optional<time_zone> time_zone::named(std::string_view name) {
    time_zone made;
    if (name == "UTC" || name == "Z") return made;
    if (const auto offset = fixed_offset(name)) {
        made.fixed_ = *offset;
        return made;
    }
    try {
        made.rules_ = std::make_shared<const rules>(rules{date::locate_zone(std::string(name))});
    } catch (const std::exception&) {
        return std::nullopt;
    }
    return made;
}

timestamp time_zone::offset(timestamp at) const {
    if (!rules_) return fixed_;
    if (at >= from_ && at < to_) return offset_;
    const auto found = rules_->zone->get_info(instant_time(microseconds(at)));
    const auto bound = [](date::sys_seconds edge) {
        // The first and the last period have no end that microseconds can tell.
        constexpr std::int64_t seconds_max = 9'000'000'000'000;
        const std::int64_t seconds = edge.time_since_epoch().count();
        return std::clamp(seconds, -seconds_max, seconds_max) * 1'000'000;
    };
    from_ = bound(found.begin);
    to_ = bound(found.end);
    offset_ = microseconds(found.offset).count();
    return offset_;
}

timestamp time_zone::instant(timestamp local) const {
    if (!rules_) return local - fixed_;
    return rules_->zone->to_sys(local_time(microseconds(local)), date::choose::earliest).time_since_epoch().count();
}

void time_zone::append_time(std::string& out, timestamp at) const {
    const timestamp shift = offset(at);
    siem::append_time(out, at + shift);
    if (is_utc()) return;
    out.pop_back();
    const timestamp minutes = (shift < 0 ? -shift : shift) / minute;
    const auto two = [&](timestamp number) {
        out += static_cast<char>('0' + number / 10);
        out += static_cast<char>('0' + number % 10);
    };
    out += shift < 0 ? '-' : '+';
    two(minutes / 60);
    out += ':';
    two(minutes % 60);
}

std::optional<time_buckets> time_buckets::every(std::string_view interval, time_zone zone) {
    if (interval.size() < 2) return std::nullopt;
    const char name = interval.back();
    if (name == 's' || name == 'm' || name == 'h' || name == 'd') {
        const auto length = parse_duration(interval);
        if (!length) return std::nullopt;
        // A day may lose hours where clocks are put forward.
        const timestamp least = name == 'd' ? *length - 3 * hour : *length;
        return time_buckets(unit::fixed, *length, least, std::move(zone));
    }
    std::int64_t count = 0;
    const char* end = interval.data() + interval.size() - 1;
    const auto read = std::from_chars(interval.data(), end, count);
    if (read.ec != std::errc() || read.ptr != end || count < 1 || count > 1000) return std::nullopt;
    if (name == 'w') return time_buckets(unit::week, count, count * 7 * day - 3 * hour, std::move(zone));
    if (name == 'M') return time_buckets(unit::month, count, count * 28 * day - 3 * hour, std::move(zone));
    if (name == 'y') return time_buckets(unit::year, count, count * 365 * day - 3 * hour, std::move(zone));
    return std::nullopt;
}

timestamp time_buckets::local_start(timestamp local) const {
    if (unit_ == unit::fixed) return floor_of(local, count_);
    // 1970-01-01 was a Thursday.
    constexpr timestamp monday = 4 * day;
    if (unit_ == unit::week) return floor_of(local - monday, count_ * 7 * day) + monday;
    const date::year_month_day at{date::floor<date::days>(date::sys_time<microseconds>(microseconds(local)))};
    const std::int64_t months =
        (static_cast<int>(at.year()) - 1970) * std::int64_t{12} + static_cast<unsigned>(at.month()) - 1;
    const std::int64_t first = floor_of(months, unit_ == unit::month ? count_ : 12 * count_);
    const std::int64_t year = floor_of(first, 12) / 12;
    const date::sys_days starts =
        date::year(static_cast<int>(1970 + year)) / date::month(static_cast<unsigned>(first - year * 12 + 1)) / 1;
    return microseconds(starts.time_since_epoch()).count();
}

timestamp time_buckets::start(timestamp at) const {
    const timestamp shift = zone_.offset(at);
    const timestamp begins = local_start(at + shift);
    // Where the clock was set since then, the interval began by the clock as it was.
    return zone_.offset(begins - shift) == shift ? begins - shift : zone_.instant(begins);
}

timestamp time_buckets::next(timestamp at) const {
    constexpr timestamp step = 15 * minute;  // clocks are set by multiples of it
    timestamp later = at + least_;
    while (start(later) == at) later += std::min(step, least_);
    return start(later);
}

}  // namespace carrel::siem
