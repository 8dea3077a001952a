#pragma once

#include <string_view>

namespace carrel::http {

/// Whole responses for connections over a limit; no exchange is spent on them. They live as long as the program.
std::string_view full_response();
std::string_view too_many_of_address_response();

}  // namespace carrel::http
