#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/protocol/request_parser.hpp"

namespace carrel::http {

/// Decides what a request's head alone can decide: host, origin, route, media type, conditions. Either refuses the
/// exchange or makes it ready to take its body.
void admit(exchange& ex, const request_head& head);

/// How long the body of a request that is not a stream may be.
std::size_t body_bytes_max(const exchange& ex) noexcept;

}  // namespace carrel::http
