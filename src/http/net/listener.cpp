#include "http/net/listener.hpp"

#include "http/protocol/problem.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace carrel::http {

namespace {

using tcp = boost::asio::ip::tcp;

constexpr int accepts_a_turn = 64;
constexpr int backlog = 4096;
constexpr std::chrono::milliseconds pause_time{50};

// What a client over the limit is told; no exchange is spent on it.
std::string full_response() {
    std::string document;
    write_problem(document, refusal::overloaded, "Too many connections are open.", "/", "-", {}, {});
    return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nX-Request-Id: -\r\n"
           "Retry-After: 1\r\nConnection: close\r\nContent-Length: " +
           std::to_string(document.size()) + "\r\n\r\n" + document;
}

int open_spare() noexcept { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_out_of_resources(int code) noexcept {
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

}  // namespace

result<bound_socket> bound_socket::open(const std::string& address, std::uint16_t port) {
    std::string literal = address;
    if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']')
        literal = literal.substr(1, literal.size() - 2);
    error_code ec;
    const auto parsed = boost::asio::ip::make_address(literal, ec);
    if (ec) return error(errc::invalid_option, "'" + address + "' is no IPv4 or IPv6 address to listen on");
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

listener::listener(boost::asio::io_context& context, bound_socket&& socket)
    : acceptor_(context, socket.endpoint().protocol(), socket.release()),
      pause_(context),
      spare_(open_spare()) {}

listener::~listener() {
    if (spare_ >= 0) ::close(spare_);
}

void listener::start(server_context& server, std::vector<shard_loop*> shards) {
    server_ = &server;
    shards_ = std::move(shards);
    wait();
}

void listener::stop() {
    if (!acceptor_.is_open()) return;
    while (accept_one()) {
    }
    error_code ignored;
    pause_.cancel();
    acceptor_.close(ignored);
}

void listener::wait() {
    acceptor_.async_wait(tcp::acceptor::wait_read, [this](const error_code& ec) {
        if (!ec && acceptor_.is_open()) accept_ready();
    });
}

void listener::accept_ready() {
    for (int i = 0; i < accepts_a_turn; ++i) {
        if (accept_one()) continue;
        if (is_out_of_resources(errno)) return pause();
        break;
    }
    wait();
}

// False with errno set if none was taken.
bool listener::accept_one() {
    const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
        deal(descriptor);
        return true;
    }
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return true;
    if (errno == EMFILE || errno == ENFILE) return give_up_one();
    return false;
}

// Closes one waiting connection with the spare descriptor's room, so that its client learns at once.
bool listener::give_up_one() {
    const int reason = errno;
    if (spare_ >= 0) ::close(spare_);
    const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) ::close(descriptor);
    spare_ = open_spare();
    errno = reason;
    return false;
}

void listener::pause() {
    pause_.expires_after(pause_time);
    pause_.async_wait([this](const error_code& ec) {
        if (!ec && acceptor_.is_open()) accept_ready();
    });
}

void listener::deal(int descriptor) {
    if (server_->connections.fetch_add(1, std::memory_order_relaxed) >= server_->bounds.connections_max) {
        server_->connections.fetch_sub(1, std::memory_order_relaxed);
        static const std::string response = full_response();
        [[maybe_unused]] const auto sent = ::send(descriptor, response.data(), response.size(), MSG_NOSIGNAL);
        ::shutdown(descriptor, SHUT_WR);
        ::close(descriptor);
        return;
    }
    shards_[next_shard_++ % shards_.size()]->adopt(descriptor);
}

}  // namespace carrel::http
