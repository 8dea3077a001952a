#pragma once

#include "http/net/turned_away.hpp"

#include <string_view>

namespace carrel::http {

/// Whole responses for connections that are not served; no request object is spent on them. They live as long as the program.
/// To a connection over a limit, by whose limit it is.
std::string_view response_to(over_limit limit);
/// To who speaks HTTP without TLS where TLS is spoken.
std::string_view plain_http_response();

}  // namespace carrel::http
