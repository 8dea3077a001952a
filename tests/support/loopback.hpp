#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <random>
#include <stdexcept>

namespace carrel::testing {

/// True if a socket of this type can be bound to this port of 127.0.0.1.
inline bool can_bind(int type, std::uint16_t port) {
    const int made = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_bound = ::bind(made, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0;
    ::close(made);
    return is_bound;
}

/// A port that is free now, for who cannot have the system choose. It is none of those that the system gives to clients and
/// to servers on port 0, as programs that run beside this one are.
inline std::uint16_t free_port(int type) {
    constexpr std::uint16_t unprivileged = 1'024;
    std::uint32_t first_given = 32'768;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_given;
    const bool has_some_below = first_given > 2 * unprivileged;
    std::random_device source;
    std::uniform_int_distribution<std::uint32_t> any(unprivileged, has_some_below ? first_given - 1 : 65'535);
    for (int i = 0; i < 1'000; ++i)
        if (const auto port = static_cast<std::uint16_t>(any(source)); can_bind(type, port)) return port;
    throw std::runtime_error("no port is free");
}

/// False on a machine, or in a container, without IPv6.
inline bool has_ipv6() {
    const int made = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) return false;
    sockaddr_in6 here{};
    here.sin6_family = AF_INET6;
    here.sin6_addr = in6addr_loopback;
    const bool is_bound = ::bind(made, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0;
    ::close(made);
    return is_bound;
}

}  // namespace carrel::testing
