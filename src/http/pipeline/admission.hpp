#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/protocol/request_parser.hpp"

namespace carrel::http {

/// Decides what a request's head alone can decide: host, origin, route, media type, conditions. Either refuses the
/// exchange or makes it ready to take its body.
void admit(exchange& ex, const request_head& head);

}  // namespace carrel::http
