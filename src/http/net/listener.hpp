#pragma once

#include "http/net/shard_loop.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

namespace carrel::http {

/// A socket that listens already but accepts nothing yet, so that its port is known before anything else is made.
class bound_socket {
public:
    /// Binds and listens. The error's diagnostic is one line for an operator.
    static result<bound_socket> open(const std::string& address, std::uint16_t port);
    bound_socket(bound_socket&& other) noexcept;
    bound_socket& operator=(bound_socket&&) = delete;
    ~bound_socket();

    int release() noexcept;
    const boost::asio::ip::tcp::endpoint& endpoint() const noexcept { return endpoint_; }
    /// `127.0.0.1:8080`, `[::1]:8080`.
    std::string authority() const;

private:
    bound_socket() = default;
    error_code bind(const boost::asio::ip::tcp::endpoint& wanted) noexcept;

    int descriptor_ = -1;
    boost::asio::ip::tcp::endpoint endpoint_;
};

/// Accepts, and deals sockets to the shards in turn. Runs on the first shard's context; touched by its thread only once
/// started.
class listener {
public:
    listener(boost::asio::io_context& context, bound_socket&& socket);
    ~listener();

    void start(server_context& server, std::vector<shard_loop*> shards);
    /// Takes what has already connected, then closes.
    void stop();

private:
    void wait();
    void accept_ready();
    bool accept_one();
    bool give_up_one();
    void pause();
    void deal(int descriptor);

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    server_context* server_ = nullptr;
    std::vector<shard_loop*> shards_;
    std::size_t next_shard_ = 0;
    // Held so that with no descriptor left one can still be taken and closed: the queue moves on instead of spinning.
    int spare_;
};

}  // namespace carrel::http
