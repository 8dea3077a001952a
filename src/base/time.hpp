#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::siem {

/// Microseconds since 1970-01-01T00:00:00Z.
using timestamp = std::int64_t;

/// The last moment that has a four-digit year.
inline constexpr timestamp timestamp_max = 253'402'300'799'999'999;

/// A time as RFC 3339 writes it, with any offset and 0–9 fraction digits, cut to microseconds.
std::optional<timestamp> parse_time(std::string_view text);

/// A time as above, or one relative to `now`: `now`, `-15m`, `now-1d`, in s, m, h, d or w.
std::optional<timestamp> parse_time(std::string_view text, timestamp now);

/// A length of time such as `90s`, `15m`, `6h`, `1d`, `2w`, in microseconds; at least one.
std::optional<timestamp> parse_duration(std::string_view text);

/// A time as logs write it, cut to microseconds; without an offset it is UTC. From 1901 to 9999:
///
///     2026-03-04T05:06:07.123456789Z     also a blank for the T, slashes, a comma before the fraction,
///                                        and offsets +01, +0100, +01:00, UTC, GMT, with a blank before
///     04/Mar/2026:06:06:07 +0100         also in brackets
///     Wed Mar  4 05:06:07 2026 UTC
///     /Date(1772600767123)/
///     1772600767.123                     an epoch time
std::optional<timestamp> parse_event_time(std::string_view text);

/// An epoch time in seconds, milliseconds, microseconds or nanoseconds, by its size, maybe with a fraction and an exponent.
std::optional<timestamp> parse_epoch(std::string_view text);

/// `2026-11-23T10:00:00.000000Z`. The year must have four digits. Valid until the thread's next call.
std::string_view written_time(timestamp at) noexcept;
void append_time(std::string& out, timestamp at);
std::string format_time(timestamp at);

}  // namespace carrel::siem
