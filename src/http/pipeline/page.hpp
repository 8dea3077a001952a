#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/protocol/request_parser.hpp"

namespace carrel::http {

/// Whether a browser asks for the page or for what it loads. Of `/` programs are answered something else.
bool is_for_page(const exchange& ex, const endpoint& found) noexcept;

/// Answers with a file of the page: packed if the client takes that, 304 if it has it, 404 if there is none at the path.
/// There is no data in them, so whoever reaches the server may have them.
void answer_page(exchange& ex, const request_head& head, std::string_view path);

}  // namespace carrel::http
