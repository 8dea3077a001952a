#include "http/net/bound_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace carrel::http {

namespace {

using tcp = boost::asio::ip::tcp;

constexpr int backlog = 4096;
constexpr int send_buffer_bytes = 128 * 1024;

}  // namespace

result<bound_socket> bound_socket::open(const std::string& address, std::uint16_t port) {
    std::string literal = address;
    if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']')
        literal = literal.substr(1, literal.size() - 2);
    error_code ec;
    const auto parsed = boost::asio::ip::make_address(literal, ec);
    if (ec) return error(errc::invalid_option, "'" + address + "' is not an IPv4 or IPv6 address to listen on");
    bound_socket made;
    ec = made.bind(tcp::endpoint(parsed, port));
    if (ec) return error(ec, "cannot listen on " + address + ":" + std::to_string(port) + ": " + ec.message());
    return made;
}

bound_socket::bound_socket(bound_socket&& other) noexcept
    : descriptor_(other.release()),
      endpoint_(std::move(other.endpoint_)) {}

bound_socket::~bound_socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

int bound_socket::release() noexcept { return std::exchange(descriptor_, -1); }

error_code bound_socket::bind(const tcp::endpoint& wanted) noexcept {
    const auto failed = [] { return error_code(errno, boost::system::system_category()); };
    const auto switch_on = [this](int level, int option) {
        const int on = 1;
        return ::setsockopt(descriptor_, level, option, &on, sizeof on) == 0;
    };
    descriptor_ = ::socket(wanted.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0 || !switch_on(SOL_SOCKET, SO_REUSEADDR)) return failed();
    if (wanted.address().is_v6() && !switch_on(IPPROTO_IPV6, IPV6_V6ONLY)) return failed();
    // Inherited by accepted sockets: a reply must never wait for the client's acknowledgement of the one before.
    if (!switch_on(IPPROTO_TCP, TCP_NODELAY)) return failed();
    // Also inherited: what a slow reader may hold in the kernel (which doubles this).
    const int send_bytes = send_buffer_bytes;
    if (::setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes) != 0) return failed();
    if (::bind(descriptor_, wanted.data(), static_cast<socklen_t>(wanted.size())) != 0) return failed();
    if (::listen(descriptor_, backlog) != 0) return failed();
    auto size = static_cast<socklen_t>(endpoint_.capacity());
    if (::getsockname(descriptor_, endpoint_.data(), &size) != 0) return failed();
    endpoint_.resize(size);
    return {};
}

std::string bound_socket::authority() const {
    const auto text = endpoint_.address().to_string();
    return (endpoint_.address().is_v6() ? "[" + text + "]" : text) + ":" + std::to_string(endpoint_.port());
}

}  // namespace carrel::http
