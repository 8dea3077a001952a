#pragma once

#include "http/pipeline/exchange.hpp"

#include <string>
#include <string_view>

namespace carrel::http {

/// Appends a whole response: status line, head, and the body unless the request was HEAD. `date_line` is the `Date` field
/// with its line end.
void append_response(std::string& out, const exchange& ex, std::string_view date_line, bool closes);

/// `Date: Mon, 23 Nov 2026 10:00:00 GMT` and a line end.
std::string date_line_of(siem::timestamp now);

inline constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace carrel::http
