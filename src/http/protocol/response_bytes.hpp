#pragma once

#include "http/pipeline/request.hpp"
#include "http/pipeline/response.hpp"

#include <string>
#include <string_view>

namespace carrel::http {

/// Appends a whole response: status line, headers, and the body unless the request was HEAD. `standing` is what
/// `standing_fields` made.
void append_response(std::string& out, const request& to, const response& answer, std::string_view standing,
                     bool closes);

/// A response in pieces: its headers, its pieces, its end. Where nobody knows its length a client of HTTP/1.0 sees the end by
/// the end of the connection.
void append_stream_head(std::string& out, const request& to, const response& answer, std::string_view standing,
                        bool closes);
void append_piece(std::string& out, const request& to, const response& answer, std::string_view piece);
void append_stream_end(std::string& out, const request& to, const response& answer);

/// What keeps browsers from misusing a response, with its line ends: it is never guessed to be something else, kept, shown in a
/// frame, or embedded by another site; it loads nothing and runs nothing, and no link out of it says where it was.
inline constexpr std::string_view browser_fields =
    "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nCross-Origin-Resource-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nX-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n";

/// The same for a file of the page: it runs and shows what it loads from here, and sends nowhere else.
inline constexpr std::string_view page_fields =
    "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'\r\nCross-Origin-Opener-Policy: same-origin\r\n"
    "X-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\nVary: Accept, Accept-Encoding\r\n";

/// The fields of every response, with their line ends: `Date` and `browser_fields`.
std::string standing_fields(siem::timestamp now);

inline constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace carrel::http
