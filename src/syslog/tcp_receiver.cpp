#include "syslog/framing.hpp"
#include "syslog/receiver.hpp"
#include "syslog/server.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <functional>
#include <list>
#include <utility>

namespace carrel::syslog {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int turn_reads_max = 16;  // before others have their turn
constexpr std::chrono::milliseconds accept_pause{100};

// One sender. It is read while there is room for what it says.
class connection {
public:
    connection(receiver_context& context, tcp::socket socket)
        : context_(context),
          socket_(std::move(socket)),
          framing_(context.tcp_message_bytes_max) {
        error_code ec;
        const auto peer = socket_.remote_endpoint(ec);
        if (!ec) peer_ = peer.address().to_string();
        socket_.non_blocking(true, ec);
    }

    std::function<void()> on_end;

    void wait() {
        if (is_waiting_ || has_ended_ || context_.store.is_full()) return;
        is_waiting_ = true;
        socket_.async_wait(tcp::socket::wait_read, [this](const error_code& ec) {
            if (ec == asio::error::operation_aborted || has_ended_) return;
            is_waiting_ = false;
            for (int i = 0; i < turn_reads_max && !context_.store.is_full(); ++i)
                if (!receive()) break;
            // It destroys this, so it must not be a part of it.
            if (has_ended_) return std::exchange(on_end, nullptr)();
            wait();
        });
    }

    void drain() {
        while (receive()) {
        }
        if (!has_ended_) end();
    }

private:
    // False if nothing has come, or it is over.
    bool receive() {
        if (has_ended_) return false;
        error_code ec;
        const auto size = socket_.read_some(asio::buffer(buffer_), ec);
        if (ec == asio::error::would_block) return false;
        if (ec) {
            end();
            return false;
        }
        std::string_view bytes(buffer_.data(), size);
        while (framing_.next(bytes)) add();
        return true;
    }

    // A last message may lack its end.
    void end() {
        has_ended_ = true;
        if (framing_.finish()) add();
        error_code ignored;
        socket_.close(ignored);
    }

    void add() {
        context_.counted.received_tcp.fetch_add(1, std::memory_order_relaxed);
        context_.store.add(framing_.message(), peer_, framing_.was_cut());
    }

    receiver_context& context_;
    tcp::socket socket_;
    framing framing_;
    std::string peer_;
    std::array<char, 64 * 1024> buffer_{};
    bool is_waiting_ = false, has_ended_ = false;
};

class tcp_receiver final : public receiver {
public:
    tcp_receiver(receiver_context& context, const endpoint& at)
        : context_(context),
          acceptor_(context.io, tcp::endpoint(at.address, at.port)),
          pause_(context.io) {
        acceptor_.non_blocking(true);
    }

    std::string url() const override {
        const auto at = acceptor_.local_endpoint();
        return "tcp://" + authority(at.address(), at.port());
    }

    void start() override {
        acceptor_.async_accept([this](const error_code& ec, tcp::socket socket) {
            if (ec == asio::error::operation_aborted) return;
            if (!acceptor_.is_open()) {
                if (!ec) drain(std::move(socket));  // accepted just before the end
                return;
            }
            if (ec) return pause();
            take(std::move(socket));
            start();
        });
    }

    void go_on() override {
        for (auto& each : connections_) each.wait();
    }

    void drain() override {
        error_code ec;
        // Those that have connected, and not been accepted yet, may have sent, too.
        for (;;) {
            tcp::socket socket(context_.io);
            acceptor_.accept(socket, ec);
            if (ec) break;
            drain(std::move(socket));
        }
        acceptor_.close(ec);
        pause_.cancel();
        // They stay: their handlers may have been called for already.
        for (auto& each : connections_) each.drain();
        context_.counted.connections.store(0, std::memory_order_relaxed);
    }

private:
    void drain(tcp::socket socket) { connections_.emplace_back(context_, std::move(socket)).drain(); }

    void count(std::uint64_t more) { context_.counted.connections.fetch_add(more, std::memory_order_relaxed); }

    void take(tcp::socket socket) {
        if (connections_.size() >= context_.connections_max) {
            if (!std::exchange(said_full_, true) && context_.log)
                context_.log(log_level::warning,
                             "syslog: connections beyond " + std::to_string(context_.connections_max) + " are closed");
            return;
        }
        const auto added = connections_.emplace(connections_.end(), context_, std::move(socket));
        count(1);
        added->on_end = [this, added] {
            connections_.erase(added);
            said_full_ = false;
            context_.counted.connections.fetch_sub(1, std::memory_order_relaxed);
        };
        added->wait();
    }

    // There are no descriptors left, or such: it gets better by itself.
    void pause() {
        pause_.expires_after(accept_pause);
        pause_.async_wait([this](const error_code& ec) {
            if (!ec) start();
        });
    }

    receiver_context& context_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    std::list<connection> connections_;
    bool said_full_ = false;
};

}  // namespace

std::unique_ptr<receiver> make_tcp_receiver(receiver_context& context, const endpoint& at) {
    return std::make_unique<tcp_receiver>(context, at);
}

}  // namespace carrel::syslog
