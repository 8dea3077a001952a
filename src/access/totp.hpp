#pragma once

#include "access/base32.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::access {

/// One-time codes by time (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, which is what every authenticator app knows.
inline constexpr std::int64_t totp_step_us = 30'000'000;
inline constexpr std::size_t totp_secret_bytes = 20;

/// 20 random bytes. Keep it sealed: unlike a password it is needed as it is.
std::string new_totp_secret();

/// What an app reads from a QR code: `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…`.
std::string otpauth_uri(std::string_view secret, std::string_view account, std::string_view issuer);

/// The step whose code this is: the one of `now_us` (microseconds since 1970), the one before or the one after, for clocks
/// that are not together. Nothing for any other code, and never a step at or before `last_step_used`, so that a code that was
/// seen over a shoulder is of no use. Store the result as the next `last_step_used` in the transaction that logs in; a user
/// that used none yet has -1. Spaces in `code` don't matter. The time does not depend on which digits are right.
std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code, std::int64_t now_us,
                                          std::int64_t last_step_used);

/// The code of a step.
std::string totp_code(std::string_view secret, std::int64_t step);

}  // namespace carrel::access
