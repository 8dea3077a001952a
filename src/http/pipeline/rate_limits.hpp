#pragma once

#include "http/net/peer.hpp"

#include <cstdint>

namespace carrel::http {

class exchange;
struct endpoint;

/// Where a request comes from: what limits count and logs name.
const peer_address& client_of(const exchange& ex) noexcept;

/// Takes one request of those that the client's address may send (`limits::address_rate`). False if it has sent too many:
/// then the request is refused with 429 and Retry-After. Loopback is not limited, where a proxy that is not trusted may
/// speak for everybody, and nor are probes and scrapers. `found` is null where nothing was found.
bool pass_address_rate(exchange& ex, const endpoint* found);

/// Takes one log-in of those that the client's address may try (`limits::login_rate`), whoever's they are.
bool pass_login_rate(exchange& ex);

/// The same for who sends it (`limits::principal_rate`), from wherever: `principal` is a number of their own.
bool pass_principal_rate(exchange& ex, std::uint64_t principal);

}  // namespace carrel::http
