#include "http/net/bound_socket.hpp"

#include <fcntl.h>
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

error_code last_failure() noexcept { return error_code(errno, boost::system::system_category()); }

int option_of(int descriptor, int option) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

bool is_internet(int family) noexcept { return family == AF_INET || family == AF_INET6; }

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

result<bound_socket> bound_socket::take(int descriptor) {
    bound_socket made;
    made.descriptor_ = descriptor;
    const bool is_listening = option_of(descriptor, SO_TYPE) == SOCK_STREAM &&
                              option_of(descriptor, SO_ACCEPTCONN) != 0 &&
                              is_internet(option_of(descriptor, SO_DOMAIN));
    const auto name = "descriptor " + std::to_string(descriptor);
    if (!is_listening) return error(errc::invalid_option, name + " was passed and is no TCP socket that listens");
    // The sender may have left either flag as it likes.
    const int flags = ::fcntl(descriptor, F_GETFL);
    error_code ec;
    if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
        ec = last_failure();
    if (!ec) ec = made.set_options();
    if (!ec) ec = made.find_endpoint();
    if (ec) return error(ec, name + " cannot be listened on: " + ec.message());
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
    const int on = 1;
    const auto switch_on = [this, &on](int level, int option) {
        return ::setsockopt(descriptor_, level, option, &on, sizeof on) == 0;
    };
    descriptor_ = ::socket(wanted.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0 || !switch_on(SOL_SOCKET, SO_REUSEADDR)) return last_failure();
    if (wanted.address().is_v6() && !switch_on(IPPROTO_IPV6, IPV6_V6ONLY)) return last_failure();
    if (const auto ec = set_options()) return ec;
    if (::bind(descriptor_, wanted.data(), static_cast<socklen_t>(wanted.size())) != 0) return last_failure();
    if (::listen(descriptor_, backlog) != 0) return last_failure();
    return find_endpoint();
}

// Those that accepted sockets inherit.
error_code bound_socket::set_options() noexcept {
    // A reply must never wait for the client's acknowledgement of the one before.
    const int on = 1;
    if (::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return last_failure();
    // What a slow reader may hold in the kernel (which doubles this).
    const int send_bytes = send_buffer_bytes;
    if (::setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes) != 0) return last_failure();
    return {};
}

error_code bound_socket::find_endpoint() noexcept {
    auto size = static_cast<socklen_t>(endpoint_.capacity());
    if (::getsockname(descriptor_, endpoint_.data(), &size) != 0) return last_failure();
    endpoint_.resize(size);
    return {};
}

std::string bound_socket::authority() const {
    const auto text = endpoint_.address().to_string();
    return (endpoint_.address().is_v6() ? "[" + text + "]" : text) + ":" + std::to_string(endpoint_.port());
}

}  // namespace carrel::http
