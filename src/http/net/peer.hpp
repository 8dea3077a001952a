#pragma once

#include <boost/asio/ip/address.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace carrel::http {

/// Where a client comes from: an IPv6 address, IPv4 as mapped.
struct peer_address {
    std::array<std::uint8_t, 16> bytes{};
    bool operator==(const peer_address&) const = default;
    auto operator<=>(const peer_address&) const = default;

    static peer_address from(const boost::asio::ip::address& address) noexcept;
    bool is_loopback() const noexcept;
    /// What is counted together: an IPv4 address, or the /64 of an IPv6 address.
    peer_address group() const noexcept;
    /// `192.0.2.7`, `2001:db8::1`.
    std::string text() const;
};

/// A connected socket on its way to a shard.
struct accepted_socket {
    int descriptor = -1;
    peer_address peer;
    bool is_trusted_proxy = false;
};

}  // namespace carrel::http
