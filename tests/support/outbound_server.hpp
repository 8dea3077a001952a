#pragma once

#include "outbound/policy.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace carrel::testing {

namespace asio = boost::asio;

/// A server on 127.0.0.1 that does with each connection what the test says, one after the other.
class outbound_server {
public:
    using tcp = asio::ip::tcp;
    using serve = std::function<void(tcp::socket&)>;

    explicit outbound_server(serve each)
        : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          each_(std::move(each)),
          thread_([this] { run(); }) {}
    outbound_server(const outbound_server&) = delete;
    outbound_server& operator=(const outbound_server&) = delete;
    ~outbound_server() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // ends the accept that waits
        thread_.join();
    }

    std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
    std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + port() + path; }

private:
    void run() {
        for (;;) {
            boost::system::error_code ec;
            tcp::socket socket(context_);
            acceptor_.accept(socket, ec);
            if (ec) return;
            each_(socket);
        }
    }

    asio::io_context context_;
    tcp::acceptor acceptor_;
    serve each_;
    std::thread thread_;
};

/// Reads up to the end of a request's headers and gives them; what came of a body is in it too.
template <class Stream>
std::string read_head(Stream& stream) {
    std::string head;
    boost::system::error_code ec;
    asio::read_until(stream, asio::dynamic_buffer(head), "\r\n\r\n", ec);
    return head;
}

/// False once the client is gone.
template <class Stream>
bool send_text(Stream& stream, std::string_view text) {
    boost::system::error_code ec;
    asio::write(stream, asio::buffer(text.data(), text.size()), ec);
    return !ec;
}

/// Until the client goes.
inline void wait_for_end(asio::ip::tcp::socket& socket) {
    char bytes[512];
    boost::system::error_code ec;
    while (!ec) socket.read_some(asio::buffer(bytes), ec);
}

inline std::string reply(std::string_view status, std::string_view fields, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
}

/// Answers each request with what `made` makes of its headers, and keeps those.
class replying_server {
public:
    explicit replying_server(std::function<std::string(const std::string& head)> made)
        : server_([this, made = std::move(made)](asio::ip::tcp::socket& socket) {
              auto head = read_head(socket);
              std::string text;
              {
                  const std::lock_guard lock(guard_);
                  text = made(head);
                  heads_.push_back(std::move(head));
              }
              send_text(socket, text);
          }) {}

    std::string url(const std::string& path = "/") const { return server_.url(path); }
    std::string port() const { return server_.port(); }
    /// Changes what the answers are made of, between two of them.
    void change(const std::function<void()>& how) {
        const std::lock_guard lock(guard_);
        how();
    }
    std::vector<std::string> heads() const {
        const std::lock_guard lock(guard_);
        return heads_;
    }

private:
    mutable std::mutex guard_;
    std::vector<std::string> heads_;
    outbound_server server_;
};

/// What reaches this machine, and ends soon.
inline outbound::policy local_policy() {
    outbound::policy rules;
    rules.allow_private = true;
    rules.deadline = std::chrono::seconds(20);
    return rules;
}

}  // namespace carrel::testing
