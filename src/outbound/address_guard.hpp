#pragma once

#include "outbound/policy.hpp"
#include "outbound/url.hpp"

#include <boost/asio/ip/address.hpp>

#include <string_view>

namespace carrel::outbound {

/// What keeps an address from being public (`loopback`, `link-local`, `private`, …); empty if it is public. An IPv6 address that
/// carries an IPv4 one is what that one is.
std::string_view not_public(const boost::asio::ip::address& address);

/// Whether the policy lets a request for `to` go to this address.
bool may_reach(const policy& rules, const url& to, const boost::asio::ip::address& address);

}  // namespace carrel::outbound
