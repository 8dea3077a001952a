#pragma once

#include "http/pipeline/request.hpp"
#include "http/pipeline/response.hpp"

#include <string>
#include <string_view>

namespace carrel::http {

/// Appends a whole response: status line, head, and the body unless the request was HEAD. `standing` is what
/// `standing_fields` made.
void append_response(std::string& out, const request& to, const response& answer, std::string_view standing,
                     bool closes);

/// A response whose length nobody knows: its head, its pieces, its end. A client of HTTP/1.0 sees the end by the end of the
/// connection.
void append_stream_head(std::string& out, const request& to, const response& answer, std::string_view standing,
                        bool closes);
void append_piece(std::string& out, const request& to, std::string_view piece);
void append_stream_end(std::string& out, const request& to);

/// The fields of every response, with their line ends: `Date` and what keeps browsers from misusing a response.
std::string standing_fields(siem::timestamp now);

inline constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace carrel::http
