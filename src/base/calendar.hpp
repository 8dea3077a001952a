#pragma once

#include "base/time.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::siem {

/// A time zone: UTC, a fixed offset, or one of the IANA database (`Europe/Berlin`). Immutable but for what it remembers
/// of its last answer: not thread-safe.
class time_zone {
public:
    /// `UTC`, `+05:30`, `-03:00`, or a name of the system's database; nothing for another text.
    static std::optional<time_zone> named(std::string_view name);

    /// What is added to a time to get the local one, in microseconds.
    timestamp offset(timestamp at) const;
    /// The time at which a local clock shows `local`: the earlier of two, and where the clock jumps over it the jump.
    timestamp instant(timestamp local) const;
    bool is_utc() const noexcept { return !rules_ && fixed_ == 0; }
    /// Appends an RFC 3339 time in this zone.
    void append_time(std::string& out, timestamp at) const;

private:
    struct rules;
    time_zone() = default;

    std::shared_ptr<const rules> rules_;  // none: a fixed offset
    timestamp fixed_ = 0;
    mutable timestamp from_ = 1, to_ = 0, offset_ = 0;  // the period of the last answer
};

/// A way to cut time into intervals that follow each other: `30s`, `5m`, `6h`, `1d`, `1w` (from Monday), `1M`, `1y`, by the
/// clock of a zone.
class time_buckets {
public:
    static std::optional<time_buckets> every(std::string_view interval, time_zone zone);

    /// Where the interval begins that holds `at`.
    timestamp start(timestamp at) const;
    /// Where the one after that begins. `at` is a start.
    timestamp next(timestamp at) const;
    /// Not more than any of the intervals takes.
    timestamp least_length() const noexcept { return least_; }
    const time_zone& zone() const noexcept { return zone_; }

private:
    enum class unit { fixed, week, month, year };
    time_buckets(unit of, std::int64_t count, timestamp least, time_zone zone)
        : unit_(of),
          count_(count),
          least_(least),
          zone_(std::move(zone)) {}
    timestamp local_start(timestamp local) const;

    unit unit_;
    std::int64_t count_;  // microseconds of `fixed`, else how many units
    timestamp least_;
    time_zone zone_;
};

}  // namespace carrel::siem
