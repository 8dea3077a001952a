#pragma once

#include <string_view>

namespace carrel::siem {

/// What people wrote without what nobody sees around it: white space of Unicode, and characters that have no width.
std::string_view without_blanks(std::string_view text) noexcept;

}  // namespace carrel::siem
