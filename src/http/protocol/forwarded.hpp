#pragma once

#include "http/net/peer.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace carrel::http {

/// An element of `X-Forwarded-For`: `192.0.2.1`, `192.0.2.1:5000`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:5000`.
/// Nothing if it is none of these.
std::optional<peer_address> parse_forwarded_address(std::string_view text) noexcept;

/// Whom the proxies speak for. Each one appends the address of its own client, so the list is read from its right end:
/// the first address there that is no trusted proxy's is the client's, and what stands left of it anyone may have written.
/// An element that is no address ends the reading: then the client is the last one that is known.
peer_address client_behind_proxy(std::string_view forwarded_for, const peer_address& peer,
                                 std::span<const peer_address> trusted_proxies) noexcept;

}  // namespace carrel::http
