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

/// A time as events hold it: RFC 3339, the same without an offset (then UTC) and with a blank for the T, or the digits of
/// an epoch time. Years 1970 to 9999.
std::optional<timestamp> parse_event_time(std::string_view text);

/// An epoch time in seconds, milliseconds or microseconds, by its size, maybe with a fraction.
std::optional<timestamp> parse_epoch(std::string_view digits);

/// `2026-11-23T10:00:00.000000Z`. The year must have four digits. Valid until the thread's next call.
std::string_view written_time(timestamp at) noexcept;
void append_time(std::string& out, timestamp at);
std::string format_time(timestamp at);

}  // namespace carrel::siem
