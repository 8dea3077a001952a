#pragma once

#include <string_view>

namespace carrel::siem {

inline constexpr std::string_view exceptions_tables = R"(
-- nothing yet
)";

}  // namespace carrel::siem
