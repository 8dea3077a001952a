#pragma once

#include "syslog/message_store.hpp"

#include <memory>
#include <string>

namespace carrel::syslog {

/// A socket that messages come from. Belongs to the thread of its context.
class receiver {
public:
    virtual ~receiver() = default;
    virtual std::string url() const = 0;
    virtual void start() = 0;
    /// Counts what the system has lost since the last time.
    virtual void count_lost() noexcept {}
    /// The store has room again.
    virtual void go_on() = 0;
    /// Takes what has come, and ends.
    virtual void drain() = 0;
};

struct receiver_context {
    boost::asio::io_context& io;
    message_store& store;
    counts& counted;
    std::size_t tcp_message_bytes_max;
    std::size_t connections_max;
    log_sink log;
};

struct endpoint;
/// Binds. Errors: boost::system::system_error.
std::unique_ptr<receiver> make_udp_receiver(receiver_context& context, const endpoint& at);
std::unique_ptr<receiver> make_tcp_receiver(receiver_context& context, const endpoint& at);

}  // namespace carrel::syslog
