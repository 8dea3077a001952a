#pragma once

#include <string_view>

namespace carrel::siem {

inline constexpr std::string_view evidence_tables = R"(
-- none yet
)";

}  // namespace carrel::siem
