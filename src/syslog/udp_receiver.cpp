#include "syslog/receiver.hpp"
#include "syslog/server.hpp"

#include <boost/asio/ip/udp.hpp>

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>

namespace carrel::syslog {

namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr int receive_buffer_bytes = 8 << 20;  // bursts wait there; the system may give less
constexpr int turn_messages_max = 256;         // before others have their turn

// With the right to it, more than net.core.rmem_max allows.
void enlarge_buffer(int descriptor) noexcept {
    const int size = receive_buffer_bytes;
    if (::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

// How many datagrams the system has dropped at a socket, in 32 bits. SO_RXQ_OVFL tells it only with a datagram that came
// later.
std::uint32_t drops_at(int descriptor) noexcept {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return 0;
    return info[SK_MEMINFO_DROPS];
}

class udp_receiver final : public receiver {
public:
    udp_receiver(receiver_context& context, const endpoint& at)
        : context_(context),
          socket_(context.io) {
        const udp::endpoint there(at.address, at.port);
        socket_.open(there.protocol());
        socket_.bind(there);
        socket_.non_blocking(true);
        enlarge_buffer(socket_.native_handle());
    }

    std::string url() const override {
        const auto at = socket_.local_endpoint();
        return "udp://" + authority(at.address(), at.port());
    }

    void start() override { wait(); }
    void go_on() override {}

    void count_lost() noexcept override {
        if (!socket_.is_open()) return;
        const std::uint32_t drops = drops_at(socket_.native_handle());
        context_.counted.lost.fetch_add(drops - drops_, std::memory_order_relaxed);
        drops_ = drops;
    }

    void drain() override {
        while (receive()) {
        }
        count_lost();
        error_code ignored;
        socket_.close(ignored);
    }

private:
    void wait() {
        socket_.async_wait(udp::socket::wait_read, [this](const error_code& ec) {
            if (ec) return;
            for (int i = 0; i < turn_messages_max && receive(); ++i) {
            }
            count_lost();
            wait();
        });
    }

    // False if none has come.
    bool receive() {
        udp::endpoint from;
        error_code ec;
        const auto size = socket_.receive_from(asio::buffer(buffer_), from, 0, ec);
        if (ec == asio::error::would_block || ec == asio::error::bad_descriptor) return false;
        if (ec) return true;  // of an earlier answer: the next datagram is not concerned
        context_.counted.received_udp.fetch_add(1, std::memory_order_relaxed);
        if (context_.store.is_full()) {
            context_.store.drop();
            return true;
        }
        std::string_view message(buffer_.data(), size);
        while (!message.empty() && (message.back() == '\n' || message.back() == '\0')) message.remove_suffix(1);
        context_.store.add(message, from.address().to_string(), false);
        return true;
    }

    receiver_context& context_;
    udp::socket socket_;
    std::uint32_t drops_ = 0;  // counted already
    std::array<char, udp_message_bytes_max> buffer_{};
};

}  // namespace

std::unique_ptr<receiver> make_udp_receiver(receiver_context& context, const endpoint& at) {
    return std::make_unique<udp_receiver>(context, at);
}

}  // namespace carrel::syslog
