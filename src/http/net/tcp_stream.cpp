#include "http/net/tcp_stream.hpp"

#include "http/net/peer_socket.hpp"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace carrel::http {

namespace {

io_status status_of(int code) noexcept {
    return code == EAGAIN || code == EWOULDBLOCK ? io_status::would_block : io_status::failed;
}

}  // namespace

void tcp_stream::note(std::uint32_t epoll_events) noexcept {
    if ((epoll_events & (EPOLLRDHUP | EPOLLHUP)) != 0) end_seen_ = true;
    if ((epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) readable_ = true;
}

bool tcp_stream::may_send(std::uint32_t epoll_events) const noexcept { return (epoll_events & EPOLLOUT) != 0; }

io_outcome tcp_stream::receive(std::span<char> room) noexcept {
    for (;;) {
        const auto count = ::recv(descriptor_, room.data(), room.size(), 0);
        if (count > 0) {
            // Less than there was room for: drained, unless the end is behind it, which makes no edge of its own.
            readable_ = static_cast<std::size_t>(count) == room.size() || end_seen_;
            return {io_status::done, static_cast<std::size_t>(count)};
        }
        if (count < 0 && errno == EINTR) continue;
        readable_ = false;
        at_end_ = at_end_ || count == 0;
        return {count == 0 ? io_status::ended : status_of(errno), 0};
    }
}

io_outcome tcp_stream::send(std::string_view bytes) noexcept {
    for (;;) {
        const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) return {io_status::done, static_cast<std::size_t>(count)};
        if (errno != EINTR) return {status_of(errno), 0};
    }
}

void tcp_stream::shutdown_send() noexcept { ::shutdown(descriptor_, SHUT_WR); }

void tcp_stream::close() noexcept {
    if (is_open()) ::close(std::exchange(descriptor_, -1));
}

void tcp_stream::abort() noexcept {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

std::size_t tcp_stream::unacknowledged() const noexcept {
    int queued = 0;
    return ::ioctl(descriptor_, SIOCOUTQ, &queued) == 0 ? static_cast<std::size_t>(queued) : 0;
}

bool tcp_stream::peer_is_gone() const noexcept { return is_open() && peer_socket_is_orphaned(descriptor_); }

}  // namespace carrel::http
