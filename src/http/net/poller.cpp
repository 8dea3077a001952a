#include "http/net/poller.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace carrel::http {

namespace {

int make_set() {
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
    return set;
}

}  // namespace

poller::poller(boost::asio::io_context& context, std::function<void()> before_turn)
    : before_turn_(std::move(before_turn)),
      set_(context, make_set()) {}

error_code poller::add(int descriptor, pollable& target) noexcept {
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    wanted.data.ptr = &target;
    if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &wanted) == 0) return {};
    return {errno, boost::system::system_category()};
}

void poller::start() {
    if (waits_ || !set_.is_open()) return;
    set_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const error_code& ec) {
        waits_ = false;
        if (ec || !set_.is_open()) return;
        turn();
        start();
    });
    waits_ = true;
}

void poller::stop() noexcept {
    error_code ignored;
    set_.cancel(ignored);
    set_.close(ignored);
}

void poller::turn() {
    before_turn_();
    std::array<epoll_event, events_max> ready;
    // What does not fit is reported in the next turn: what is ready stays ready.
    const int count = ::epoll_wait(set_.native_handle(), ready.data(), events_max, 0);
    for (int i = 0; i < count; ++i) {
        auto& event = ready[static_cast<std::size_t>(i)];
        static_cast<pollable*>(event.data.ptr)->on_events(event.events);
    }
}

}  // namespace carrel::http
