#pragma once

#include <string_view>

namespace carrel::http {

/// Whole responses for connections that are not served; no request object is spent on them. They live as long as the program.
std::string_view full_response();
std::string_view too_many_of_address_response();
/// To who speaks HTTP without TLS where TLS is spoken.
std::string_view plain_http_response();

}  // namespace carrel::http
