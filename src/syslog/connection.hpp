#pragma once

#include "syslog/framing.hpp"
#include "syslog/receiver.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace carrel::syslog {

/// One sender by TCP. It is read while there is room for what it says. Belongs to the thread of its context.
class connection : public std::enable_shared_from_this<connection> {
public:
    using socket = boost::asio::ip::tcp::socket;
    using clock = std::chrono::steady_clock;

    /// How long a handshake may take.
    static constexpr std::chrono::seconds handshake_time_max{10};

    connection(receiver_context& context, socket from);

    /// Called once when it has ended by itself or for idleness.
    std::function<void(connection&)> on_end;

    /// False: there can be no such stream.
    bool open(const tls_context& tls);
    void go_on();
    void end_if_idle(clock::time_point now);
    /// Takes what has come, and ends.
    void drain();

private:
    void take_turn();
    bool receive();
    void end();
    void end_and_tell();
    void add();

    receiver_context& context_;
    socket socket_;
    std::unique_ptr<byte_stream> stream_;
    framing framing_;
    std::string peer_;
    clock::time_point last_at_;  // that something came
    std::array<char, 64 * 1024> buffer_{};
    std::size_t bytes_taken_ = 0;
    bool is_waiting_ = false, has_ended_ = false, wants_write_ = false;
};

}  // namespace carrel::syslog
