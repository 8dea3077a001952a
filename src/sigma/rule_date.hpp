#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carrel::sigma {

/// `2024-01-31`, `2024/1/31`, or a time behind the first form, as YYYY-MM-DD.
std::optional<std::string> read_date(std::string_view text);

}  // namespace carrel::sigma
