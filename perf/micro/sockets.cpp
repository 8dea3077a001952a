// What a request costs in sockets alone: the epoll set of src/http/net beside Asio's own sockets. A fixed reply to whatever
// ends in an empty line, on one thread, until SIGTERM. perf/sockets.py drives it and counts.
// Usage: micro_sockets poller | asio_read | asio_wait
#include "http/net/poller.hpp"
#include "http/net/tcp_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <iostream>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;
namespace http = carrel::http;
using asio::ip::tcp;

const std::string reply =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n" + std::string(400, 'x');
std::array<char, 65536> shared_room;  // what a shard receives into, whichever connection it is

bool is_request(std::string_view bytes) { return bytes.ends_with("\r\n\r\n"); }

class polled final : public http::pollable {
public:
    polled(http::poller& set, int descriptor)
        : stream_(descriptor) {
        (void)set.add(descriptor, *this);
        stream_.expect_bytes();
        turn();
    }

private:
    void on_events(std::uint32_t events) override {
        stream_.note(events);
        turn();
    }
    void turn() {
        while (stream_.may_receive()) {
            const auto got = stream_.receive(shared_room);
            if (got.status == http::io_status::would_block) return;
            if (got.status != http::io_status::done) return delete this;
            if (is_request({shared_room.data(), got.count})) (void)stream_.send(reply);
        }
    }
    http::tcp_stream stream_;
};

class asio_connection : public std::enable_shared_from_this<asio_connection> {
public:
    asio_connection(tcp::socket socket, bool waits)
        : socket_(std::move(socket)),
          waits_(waits) {
        socket_.non_blocking(true);
        if (!waits) room_.resize(4096);  // it must live while the read is outstanding
    }
    void start() {
        auto self = shared_from_this();
        if (waits_) {
            socket_.async_wait(tcp::socket::wait_read, [self](auto ec) {
                if (!ec) self->receive();
            });
        } else {
            socket_.async_read_some(asio::buffer(self->room_), [self](auto ec, std::size_t count) {
                if (!ec) self->take({self->room_.data(), count});
            });
        }
    }

private:
    void receive() {
        boost::system::error_code ec;
        const auto count = socket_.read_some(asio::buffer(shared_room), ec);
        if (!ec || ec == asio::error::would_block) take({shared_room.data(), count});
    }
    void take(std::string_view bytes) {
        boost::system::error_code ec;
        if (is_request(bytes)) socket_.write_some(asio::buffer(reply), ec);
        start();
    }
    tcp::socket socket_;
    std::string room_;
    bool waits_;
};

struct server {
    asio::io_context context{1};
    tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    http::poller set{context, [] {}};
    std::string mode;

    void accept() {
        acceptor.async_accept([this](auto ec, tcp::socket socket) {
            if (ec) return;
            socket.set_option(tcp::no_delay(true));
            if (mode == "poller") {
                socket.non_blocking(true);
                new polled(set, socket.release());  // ends itself
            } else {
                std::make_shared<asio_connection>(std::move(socket), mode == "asio_wait")->start();
            }
            accept();
        });
    }
};

}  // namespace

int main(int count, char** arguments) {
    server running;
    running.mode = count == 2 ? arguments[1] : "";
    if (running.mode != "poller" && running.mode != "asio_read" && running.mode != "asio_wait") return 2;
    asio::signal_set end(running.context, SIGTERM);
    end.async_wait([&](auto, int) { running.context.stop(); });
    running.set.start();
    running.accept();
    std::cout << running.acceptor.local_endpoint().port() << std::endl;
    running.context.run();
}
