#include "http/net/peer.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const peer_address& address) noexcept {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.bytes.begin());
}

}  // namespace

bool peer_address::is_loopback() const noexcept {
    if (is_mapped(*this)) return bytes[12] == 127;
    return bytes[15] == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

peer_address peer_address::group() const noexcept {
    if (is_mapped(*this) || is_loopback()) return *this;
    peer_address made = *this;
    std::fill(made.bytes.begin() + 8, made.bytes.end(), std::uint8_t{0});
    return made;
}

std::string peer_address::text() const {
    const boost::asio::ip::address_v6 six(bytes);
    if (!six.is_v4_mapped()) return six.to_string();
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, six).to_string();
}

peer_address peer_address::from(const boost::asio::ip::address& address) noexcept {
    peer_address made;
    if (address.is_v6()) {
        const auto six = address.to_v6().to_bytes();
        std::copy(six.begin(), six.end(), made.bytes.begin());
        return made;
    }
    std::copy(mapped_prefix.begin(), mapped_prefix.end(), made.bytes.begin());
    const auto four = address.to_v4().to_bytes();
    std::copy(four.begin(), four.end(), made.bytes.begin() + mapped_prefix.size());
    return made;
}

}  // namespace carrel::http
