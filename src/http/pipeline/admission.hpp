#pragma once

#include "http/pipeline/exchange.hpp"
#include "http/protocol/request_parser.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carrel::http {

/// Decides what a request's headers alone can decide: host, origin, route, media type, conditions. Either refuses the
/// request or makes it ready to take its body.
void admit(exchange& ex, const request_head& head);

inline constexpr std::string_view too_much_in_flight =
    "Too much is being received already; it is safe to try again later.";

/// What a body takes in memory while it is worked on, of which so many bytes have come or are announced: what is small is always
/// taken, and what is long is never held as a whole.
constexpr std::size_t stream_room(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t free_bytes = 64 * 1024, most = 8u << 20;
    return bytes <= free_bytes ? 0 : static_cast<std::size_t>(std::min(2 * bytes, most));
}
/// Has the request's claim on the bytes of all bodies in flight follow what has come of its body. What is only announced takes no
/// room from others. False if there is no room for more.
bool hold_body(exchange& ex) noexcept;

/// How long the body of a request that is not a stream may be.
std::size_t body_bytes_max(const exchange& ex) noexcept;

}  // namespace carrel::http
