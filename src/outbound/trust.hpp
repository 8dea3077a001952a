#pragma once

#include "base/failure.hpp"
#include "outbound/policy.hpp"

#include <boost/asio/ssl/context.hpp>

#include <string>

namespace carrel::outbound {

/// TLS from 1.2 on, with the system's certificates and those of the policy.
base::outcome<void> set_up_trust(boost::asio::ssl::context& into, const policy& rules);
/// Has a handshake accept a certificate for this host alone, which is a name or an address, and say which name it wants. False if
/// that cannot be set up.
bool expect_peer(SSL* tls, std::string host);
/// Why the peer's certificate was not accepted, after a handshake that failed with `ec`; null if it failed for something else.
const char* refusal_of(SSL* tls, const boost::system::error_code& ec) noexcept;

}  // namespace carrel::outbound
