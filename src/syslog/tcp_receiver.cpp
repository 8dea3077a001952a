#include "syslog/connection.hpp"
#include "syslog/server.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace carrel::syslog {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds accept_pause{100};

class tcp_receiver final : public receiver {
public:
    tcp_receiver(receiver_context& context, const endpoint& at)
        : context_(context),
          acceptor_(context.io, tcp::endpoint(at.address, at.port)),
          pause_(context.io),
          is_tls_(at.protocol == transport::tls) {
        acceptor_.non_blocking(true);
    }

    std::string url() const override {
        const auto at = acceptor_.local_endpoint();
        return (is_tls_ ? "tls://" : "tcp://") + authority(at.address(), at.port());
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
        for (const auto& each : connections_) each->go_on();
    }

    void keep_up() override {
        const auto now = connection::clock::now();
        const auto all = connections_;  // those that end leave the list
        for (const auto& each : all) each->end_if_idle(now);
    }

    void drain() override {
        error_code ec;
        // Those that have connected, and not been accepted yet, may have sent, too.
        for (std::size_t i = 0; i < context_.connections_max; ++i) {
            tcp::socket socket(context_.io);
            acceptor_.accept(socket, ec);
            if (ec) break;
            drain(std::move(socket));
        }
        acceptor_.close(ec);
        pause_.cancel();
        for (const auto& each : std::exchange(connections_, {})) each->drain();
        context_.counted.connections.store(0, std::memory_order_relaxed);
    }

private:
    using connection_ptr = std::shared_ptr<connection>;

    // Null if it is turned away.
    connection_ptr opened(tcp::socket socket) {
        auto made = std::make_shared<connection>(context_, std::move(socket));
        const tls_context tls = is_tls_ ? context_.tls() : nullptr;
        if ((is_tls_ && !tls) || !made->open(tls)) {
            context_.counted.refused.fetch_add(1, std::memory_order_relaxed);
            return nullptr;
        }
        return made;
    }

    void drain(tcp::socket socket) {
        if (const auto made = opened(std::move(socket))) made->drain();
    }

    void take(tcp::socket socket) {
        if (connections_.size() >= context_.connections_max) {
            context_.counted.refused.fetch_add(1, std::memory_order_relaxed);
            if (!std::exchange(said_full_, true) && context_.log)
                context_.log(log_level::warning, context_.name + ": connections beyond " +
                                                     std::to_string(context_.connections_max) + " are closed");
            return;
        }
        const auto added = opened(std::move(socket));
        if (!added) return;
        connections_.push_back(added);
        context_.counted.connections.fetch_add(1, std::memory_order_relaxed);
        added->on_end = [this](connection& ended) { leave(ended); };
        added->go_on();
    }

    void leave(connection& ended) {
        std::erase_if(connections_, [&](const connection_ptr& each) { return each.get() == &ended; });
        said_full_ = false;
        context_.counted.connections.fetch_sub(1, std::memory_order_relaxed);
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
    std::vector<connection_ptr> connections_;
    bool is_tls_;
    bool said_full_ = false;
};

}  // namespace

std::unique_ptr<receiver> make_tcp_receiver(receiver_context& context, const endpoint& at) {
    return std::make_unique<tcp_receiver>(context, at);
}

}  // namespace carrel::syslog
