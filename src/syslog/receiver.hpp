#pragma once

#include "syslog/byte_stream.hpp"
#include "syslog/message_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace carrel::syslog {

/// A socket that messages come from. Belongs to the thread of its context.
class receiver {
public:
    virtual ~receiver() = default;
    virtual std::string url() const = 0;
    virtual void start() = 0;
    /// Counts what the system has lost since the last time, and ends connections on which nothing comes. Now and then.
    virtual void keep_up() {}
    /// The store has room again.
    virtual void go_on() = 0;
    /// Takes what has come, and ends. Handlers that were called for still run: it must be kept until they have.
    virtual void drain() = 0;
};

struct receiver_context {
    boost::asio::io_context& io;
    message_store& store;
    counts& counted;
    std::size_t message_bytes_max;  // of a stream
    std::size_t connections_max;
    log_sink log;
    std::size_t datagram_bytes_max = 64u << 10;
    std::string name = "syslog";                 // what a line of the log begins with
    std::chrono::seconds idle_time_max{0};       // of a connection; 0: any
    bool has_lines = false;                      // a datagram may hold several messages, a line each
    std::function<tls_context()> tls = nullptr;  // of the certificate in use; a new connection asks for it
};

struct endpoint;
/// Binds. Errors: boost::system::system_error.
std::unique_ptr<receiver> make_udp_receiver(receiver_context& context, const endpoint& at);
/// Of TCP, or of TLS by `receiver_context::tls`.
std::unique_ptr<receiver> make_tcp_receiver(receiver_context& context, const endpoint& at);

}  // namespace carrel::syslog
