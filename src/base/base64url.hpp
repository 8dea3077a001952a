#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carrel::siem {

/// RFC 4648 section 4, with padding.
std::string to_base64(std::string_view bytes);
/// Nothing for what is no base64; the padding may be missing.
std::optional<std::string> from_base64(std::string_view text);

/// RFC 4648 section 5, without padding.
std::string to_base64url(std::string_view bytes);
/// Nothing for what `to_base64url` never makes.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace carrel::siem
