#include "syslog/datagrams.hpp"
#include "syslog/receiver.hpp"
#include "syslog/server.hpp"

#include <boost/asio/ip/udp.hpp>

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace carrel::syslog {

namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr int receive_buffer_bytes = 8 << 20;  // bursts wait there; the system may give less
constexpr int turn_batches_max = 8;            // before others have their turn
constexpr int drain_batches_max = 16'384;      // more than any receive buffer has

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

std::string_view without_end(std::string_view message) {
    while (!message.empty() && (message.back() == '\n' || message.back() == '\0' || message.back() == '\r'))
        message.remove_suffix(1);
    return message;
}

class udp_receiver final : public receiver {
public:
    udp_receiver(receiver_context& context, const endpoint& at)
        : context_(context),
          socket_(context.io),
          received_(std::min(context.datagram_bytes_max, udp_message_bytes_max)) {
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
    void keep_up() override { count_lost(); }

    void drain() override {
        refuse_more();
        for (int i = 0; i < drain_batches_max && receive(); ++i) {
        }
        count_lost();
        error_code ignored;
        socket_.close(ignored);
    }

private:
    void wait() {
        socket_.async_wait(udp::socket::wait_read, [this](const error_code& ec) {
            if (ec) return;
            for (int i = 0; i < turn_batches_max && receive(); ++i) {
            }
            count_lost();
            wait();
        });
    }

    void count_lost() noexcept {
        if (!socket_.is_open()) return;
        const std::uint32_t drops = drops_at(socket_.native_handle());
        context_.counted.lost.fetch_add(drops - drops_, std::memory_order_relaxed);
        drops_ = drops;
    }

    // A socket that is connected to itself gets nothing from others, and still has what came before: what is received at
    // an end is a whole, however fast others send.
    void refuse_more() {
        error_code ec;
        auto own = socket_.local_endpoint(ec);
        if (own.address().is_unspecified())
            own.address(own.address().is_v4() ? asio::ip::address(asio::ip::address_v4::loopback())
                                              : asio::ip::address(asio::ip::address_v6::loopback()));
        socket_.connect(own, ec);
    }

    // False if none has come.
    bool receive() {
        const std::size_t count = received_.receive(socket_.native_handle());
        for (std::size_t i = 0; i < count; ++i) take(i);
        return count > 0;
    }

    void take(std::size_t which) {
        std::string_view rest = without_end(received_.bytes(which));
        const bool was_cut = received_.was_cut(which);
        while (context_.has_lines) {
            const std::size_t end = rest.find('\n');
            if (end == rest.npos) break;
            if (const auto line = without_end(rest.substr(0, end)); !line.empty()) add(line, which, false);
            rest.remove_prefix(end + 1);
        }
        add(rest, which, was_cut);
    }

    void add(std::string_view message, std::size_t which, bool was_cut) {
        context_.counted.received_udp.fetch_add(1, std::memory_order_relaxed);
        if (context_.store.is_full()) context_.store.drop();
        else context_.store.add(message, received_.peer(which), was_cut);
    }

    receiver_context& context_;
    udp::socket socket_;
    datagrams received_;
    std::uint32_t drops_ = 0;  // counted already
};

}  // namespace

std::unique_ptr<receiver> make_udp_receiver(receiver_context& context, const endpoint& at) {
    return std::make_unique<udp_receiver>(context, at);
}

}  // namespace carrel::syslog
