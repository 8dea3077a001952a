#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/protocol/request_parser.hpp"

#include <cstddef>

namespace carrel::http {

/// What becomes of the body of a request that is let in: it is collected, or worked on while it comes. May refuse it.
void choose_body_use(exchange& ex, const request_head& head);

/// Bytes of a file that the endpoint takes.
std::size_t upload_bytes_max(const exchange& ex) noexcept;

}  // namespace carrel::http
