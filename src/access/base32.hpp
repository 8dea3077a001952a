#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carrel::access {

/// RFC 4648 section 6, without padding, as authenticator apps take secrets.
std::string to_base32(std::string_view bytes);

/// Also in lower case, with padding, and with spaces or hyphens between groups, since people copy it by hand. Nothing if
/// there is another character, a length that no text has, or a last character with bits that belong to no byte.
std::optional<std::string> from_base32(std::string_view text);

}  // namespace carrel::access
