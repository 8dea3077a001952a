#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::sigma {

std::string base64(std::string_view bytes);

/// What of a text's Base64 is the same whatever surrounds it, for each of the three offsets at which it may start within
/// longer bytes. An offset at which nothing is certain is left out.
std::vector<std::string> base64_at_offsets(std::string_view bytes);

enum class utf16_order { little, big };
/// UTF-8 as UTF-16, as bytes.
std::string to_utf16(std::string_view text, utf16_order order);

bool is_utf8(std::string_view text) noexcept;

}  // namespace carrel::sigma
