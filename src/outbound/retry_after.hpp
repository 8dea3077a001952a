#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace carrel::outbound {

/// The longest wait that a server is granted: one that asks for more is tried again after this.
inline constexpr std::chrono::seconds retry_after_max{60};

/// A date as HTTP has it (RFC 9110, 5.6.7), in any of its three forms: `Sun, 06 Nov 1994 08:49:37 GMT`, and of old
/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. A year of two digits is the one that is at most 50 years
/// after `now`. The day of the week must be one, but need not be that date's. Nothing if it is none of them.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::system_clock::time_point now);

/// How long a server asks its client to wait, by the value of a `Retry-After` (RFC 9110, 10.2.3): seconds, or a date, which
/// counts from `now`; `retry_after_max` at most. Nothing if it is neither, or a date that has passed, as it has by a clock that
/// differs from the server's: what the client would wait of itself is right then.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now);

}  // namespace carrel::outbound
