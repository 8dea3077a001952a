#pragma once

#include "fuzz.hpp"

#include <string_view>

namespace carrel::fuzz {

/// Reads `bytes` as a connection does, at once and in pieces, and holds what was accepted against the strict scanner.
void check_http_input(std::string_view bytes);

}  // namespace carrel::fuzz
