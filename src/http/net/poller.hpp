#pragma once

#include <carrel/error.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>

namespace carrel::http {

/// Something with a file descriptor that waits for readiness.
class pollable {
public:
    virtual void on_events(std::uint32_t epoll_events) = 0;

protected:
    ~pollable() = default;
};

/// Reports when sockets of one thread are ready, through one epoll set that Asio watches as a single descriptor.
///
/// Asio's own wait for readiness costs an epoll_ctl a request and keeps an operation a connection. Here a socket is
/// registered once, edge-triggered, for as long as it lives: a request costs one recv and one send, an idle connection
/// nothing. The price: a pollable must read until there is no more, or remember that there is.
class poller {
public:
    /// `before_turn` is called before the events of a turn are delivered.
    poller(boost::asio::io_context& context, std::function<void()> before_turn);

    /// The descriptor is forgotten when it is closed.
    error_code add(int descriptor, pollable& target) noexcept;

    /// Waits for the next turn unless it does. To be called again after an exception from a turn, which ends the waiting.
    void start();
    void stop() noexcept;

private:
    static constexpr int events_max = 256;
    void turn();

    std::function<void()> before_turn_;
    boost::asio::posix::stream_descriptor set_;
    bool waits_ = false;
};

}  // namespace carrel::http
