#pragma once

#include "outbound/lookup.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <stop_token>

namespace carrel::outbound {

/// A socket whose operations are waited for on the calling thread, until a deadline or a stop.
class timed_socket {
public:
    using time_point = std::chrono::steady_clock::time_point;

    timed_socket(time_point deadline, const std::stop_token& stop)
        : deadline_(deadline),
          on_stop_(stop, stopper{this}) {}
    timed_socket(const timed_socket&) = delete;
    timed_socket& operator=(const timed_socket&) = delete;

    boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
    bool is_stopped() const noexcept { return is_stopped_; }

    /// Runs one operation, which `start` begins with the handler that it is given, to its end. What is not done by then is
    /// cancelled and waited for, so that nothing of it remains: `timed_out`.
    template <class Start>
    boost::system::error_code wait(Start start) {
        return wait_until(deadline_, std::move(start));
    }

    /// To the first of the addresses that answers, each for `each_max` at most. The last one's error otherwise.
    boost::system::error_code connect(const addresses& where, unsigned short port, std::chrono::milliseconds each_max) {
        boost::system::error_code last = boost::asio::error::host_not_found;
        for (const auto& address : where) {
            boost::system::error_code ignored;
            socket_.close(ignored);
            const auto until = std::min(deadline_, std::chrono::steady_clock::now() + each_max);
            last = wait_until(until, [&](auto done) { socket_.async_connect({address, port}, std::move(done)); });
            if (!last || is_stopped_ || std::chrono::steady_clock::now() >= deadline_) break;
        }
        return last;
    }

private:
    struct stopper {
        timed_socket* self;
        void operator()() const {
            boost::asio::post(self->context_, [self = self] { self->is_stopped_ = true; });
        }
    };

    template <class Start>
    boost::system::error_code wait_until(time_point until, Start start) {
        // What was stopped before begins nothing: to connect is to be seen by the other side.
        context_.restart();
        context_.poll();
        if (is_stopped_) return boost::asio::error::timed_out;
        boost::system::error_code ec;
        bool is_done = false;
        start([&ec, &is_done](const boost::system::error_code& outcome, auto&&...) {
            ec = outcome;
            is_done = true;
        });
        context_.restart();
        while (!is_done && !is_stopped_ && context_.run_one_until(until) != 0) {
        }
        if (is_done) return ec;
        boost::system::error_code ignored;
        socket_.close(ignored);
        context_.restart();
        context_.run();
        return boost::asio::error::timed_out;
    }

    const time_point deadline_;
    boost::asio::io_context context_{1};
    boost::asio::ip::tcp::socket socket_{context_};
    bool is_stopped_ = false;
    std::stop_callback<stopper> on_stop_;  // the last, so that it is gone before what it reaches
};

}  // namespace carrel::outbound
