#pragma once

#include <string_view>

namespace carrel::siem {

inline constexpr std::string_view attack_tables = R"(
-- nothing yet
)";

}  // namespace carrel::siem
