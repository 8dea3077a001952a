#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::indicators {

/// An address of IPv4, in the first four bytes, or of IPv6.
struct address {
    std::array<std::uint8_t, 16> bytes{};
    bool is_v6 = false;

    int bits() const noexcept { return is_v6 ? 128 : 32; }
    bool operator==(const address&) const = default;
};

/// An IPv4 address has four decimal numbers without leading zeros, which some programs read as octal. IPv4 mapped into
/// IPv6 (::ffff:192.0.2.1) is the IPv4 address: a socket for both families writes it so, another one does not. No zone.
std::optional<address> parse_address(std::string_view text) noexcept;

/// As RFC 5952 writes it.
void append_address(std::string& out, const address& of);

/// All addresses that begin with the same bits.
struct network {
    address first;
    int bits = 0;

    bool contains(const address& one) const noexcept;
    bool operator==(const network&) const = default;
};

/// The network of `bits` that an address is in; `bits` is no more than the address has.
network network_of(const address& one, int bits) noexcept;
/// `192.0.2.0/24`; what stands behind the bits is cleared.
std::optional<network> parse_network(std::string_view text) noexcept;
void append_network(std::string& out, const network& of);

}  // namespace carrel::indicators
