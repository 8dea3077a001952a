#include "syslog/receiver.hpp"
#include "syslog/server.hpp"

#include <boost/asio/ip/udp.hpp>

#include <array>

namespace carrel::syslog {

namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr int receive_buffer_bytes = 4 << 20;  // bursts wait there; the system may give less
constexpr int turn_messages_max = 256;         // before others have their turn

class udp_receiver final : public receiver {
public:
    udp_receiver(receiver_context& context, const endpoint& at)
        : context_(context),
          socket_(context.io) {
        const udp::endpoint there(at.address, at.port);
        socket_.open(there.protocol());
        socket_.bind(there);
        socket_.non_blocking(true);
        error_code ignored;
        socket_.set_option(asio::socket_base::receive_buffer_size(receive_buffer_bytes), ignored);
    }

    std::string url() const override {
        const auto at = socket_.local_endpoint();
        return "udp://" + authority(at.address(), at.port());
    }

    void start() override { wait(); }
    void go_on() override {}

    void drain() override {
        while (receive()) {
        }
        error_code ignored;
        socket_.close(ignored);
    }

private:
    void wait() {
        socket_.async_wait(udp::socket::wait_read, [this](const error_code& ec) {
            if (ec) return;
            for (int i = 0; i < turn_messages_max && receive(); ++i) {
            }
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
    std::array<char, udp_message_bytes_max> buffer_{};
};

}  // namespace

std::unique_ptr<receiver> make_udp_receiver(receiver_context& context, const endpoint& at) {
    return std::make_unique<udp_receiver>(context, at);
}

}  // namespace carrel::syslog
