#pragma once

#include <string_view>

namespace carrel::siem {

inline constexpr std::string_view saved_searches_tables = R"(
-- none yet
)";

}  // namespace carrel::siem
