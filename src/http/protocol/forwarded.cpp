#include "http/protocol/forwarded.hpp"

#include "http/protocol/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace carrel::http {

namespace {

// inet_pton takes neither zones nor leading zeros, unlike what browsers and libraries may take for an address.
bool parse(int family, std::string_view text, void* into) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.empty() || text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
    std::memcpy(terminated.data(), text.data(), text.size());
    return ::inet_pton(family, terminated.data(), into) == 1;
}

std::optional<peer_address> parse_v4(std::string_view text) noexcept {
    boost::asio::ip::address_v4::bytes_type bytes{};
    if (!parse(AF_INET, text, bytes.data())) return std::nullopt;
    return peer_address::from(boost::asio::ip::address_v4(bytes));
}

std::optional<peer_address> parse_v6(std::string_view text) noexcept {
    boost::asio::ip::address_v6::bytes_type bytes{};
    if (!parse(AF_INET6, text, bytes.data())) return std::nullopt;
    return peer_address::from(boost::asio::ip::address_v6(bytes));
}

bool is_port(std::string_view text) noexcept {
    return text.size() <= 5 && parse_digits(text).value_or(65'536) <= 65'535;
}

}  // namespace

std::optional<peer_address> parse_forwarded_address(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
        return parse_v6(text.substr(1, end - 1));
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return parse_v4(text);
    if (text.find(':', colon + 1) != std::string_view::npos) return parse_v6(text);
    return is_port(text.substr(colon + 1)) ? parse_v4(text.substr(0, colon)) : std::nullopt;
}

peer_address client_behind_proxy(std::string_view forwarded_for, const peer_address& peer,
                                 std::span<const peer_address> trusted_proxies) noexcept {
    auto client = peer;
    while (std::find(trusted_proxies.begin(), trusted_proxies.end(), client) != trusted_proxies.end()) {
        const auto comma = forwarded_for.rfind(',');
        const auto begin = comma == std::string_view::npos ? 0 : comma + 1;
        const auto found = parse_forwarded_address(trimmed(forwarded_for.substr(begin)));
        if (!found) break;
        client = *found;
        if (comma == std::string_view::npos) break;
        forwarded_for.remove_suffix(forwarded_for.size() - comma);
    }
    return client;
}

}  // namespace carrel::http
