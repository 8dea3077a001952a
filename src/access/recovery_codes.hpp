#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::access {

/// What lets a user in, once each, who lost the device that makes one-time codes.
inline constexpr std::size_t recovery_codes_count = 10;

/// Ten codes `xxxxx-xxxxx` of 50 random bits each. The alphabet has no i, l, o and u, which look like 1, 0 and v.
std::array<std::string, recovery_codes_count> new_recovery_codes();

/// The one way of writing a code that somebody typed: lower case, the hyphen in its place, o read as 0, and i and l as 1.
/// Spaces and hyphens don't matter. Nothing if it cannot be a code.
std::optional<std::string> normalized_recovery_code(std::string_view typed);

/// The SHA-256 to keep of a code as `normalized_recovery_code` gives it, in hexadecimal. It depends on the user, so equal codes
/// of two users don't show, and one row can't be moved to another user. Compare by `same` (secret_token.hpp).
std::string recovery_code_hash(std::string_view user_id, std::string_view normalized);

}  // namespace carrel::access
