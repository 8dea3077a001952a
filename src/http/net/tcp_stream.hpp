#pragma once

#include "http/net/stream.hpp"

namespace carrel::http {

/// A connected, non-blocking TCP socket. Owns its descriptor. One thread.
class tcp_stream {
public:
    explicit tcp_stream(int descriptor) noexcept
        : descriptor_(descriptor) {}
    tcp_stream(const tcp_stream&) = delete;
    tcp_stream& operator=(const tcp_stream&) = delete;
    ~tcp_stream() { close(); }

    int descriptor() const noexcept { return descriptor_; }
    bool is_open() const noexcept { return descriptor_ >= 0; }

    void note(std::uint32_t epoll_events) noexcept;
    /// There may be bytes now though no event has said so.
    void expect_bytes() noexcept { readable_ = true; }
    bool may_receive() const noexcept { return readable_; }
    bool may_send(std::uint32_t epoll_events) const noexcept;
    bool at_end() const noexcept { return at_end_; }
    bool end_is_signalled() const noexcept { return end_seen_; }

    io_outcome receive(std::span<char> room) noexcept;
    io_outcome send(std::string_view bytes) noexcept;
    void shutdown_send() noexcept;
    void close() noexcept;
    void abort() noexcept;

    /// Bytes sent that the peer's host has not acknowledged (SIOCOUTQ).
    std::size_t unacknowledged() const noexcept;

    /// Once the peer has ended its side: whether nobody holds its socket any more. A peer that has only shut down its
    /// sending side still reads. Both look alike on the wire, so this is known of peers on this host only; false of others.
    bool peer_is_gone() const noexcept;

private:
    int descriptor_;
    bool readable_ = false;  // EPOLLIN seen, not yet drained to EAGAIN
    bool end_seen_ = false;  // EPOLLRDHUP seen
    bool at_end_ = false;    // recv gave 0
};
static_assert(byte_stream<tcp_stream>);

}  // namespace carrel::http
