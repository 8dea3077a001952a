#pragma once

#include "http/net/tcp_stream.hpp"
#include "http/net/tls_session.hpp"

#include <memory>
#include <optional>

namespace carrel::http {

/// A client's stream: TCP, or TLS over it if the listener has an acceptor of TLS. Each call costs TCP one branch.
class peer_stream {
public:
    /// `tls` may be null. Else nothing can be received or sent before `step_handshake` is done.
    peer_stream(int descriptor, tls_acceptor* tls) noexcept
        : socket_(descriptor) {
        if (tls != nullptr) tls_.emplace(socket_, *tls);
    }

    int descriptor() const noexcept { return socket_.descriptor(); }
    bool is_tls() const noexcept { return tls_.has_value(); }
    bool is_ready() const noexcept { return !tls_ || tls_->is_established(); }
    /// After `handshake::plain` this is a TCP stream.
    handshake step_handshake();
    /// Null unless the client has given one that was verified.
    std::shared_ptr<const client_certificate> certificate() const { return tls_ ? tls_->certificate() : nullptr; }

    void note(std::uint32_t epoll_events) noexcept {
        socket_.note(epoll_events);
        if (tls_) tls_->note(epoll_events);
    }
    /// There may be bytes now though no event has said so.
    void expect_bytes() noexcept { socket_.expect_bytes(); }
    bool may_receive() const noexcept { return tls_ ? tls_->may_receive() : socket_.may_receive(); }
    bool may_send(std::uint32_t epoll_events) const noexcept {
        return tls_ ? tls_->may_send(epoll_events) : socket_.may_send(epoll_events);
    }
    bool at_end() const noexcept { return socket_.at_end() || (tls_ && tls_->at_end()); }
    bool end_is_signalled() const noexcept { return socket_.end_is_signalled(); }

    io_outcome receive(std::span<char> room) noexcept { return tls_ ? tls_->receive(room) : socket_.receive(room); }
    io_outcome send(std::string_view bytes) noexcept { return tls_ ? tls_->send(bytes) : socket_.send(bytes); }
    void shutdown_send() noexcept { tls_ ? tls_->shutdown_send() : socket_.shutdown_send(); }
    void close() noexcept {
        if (tls_) tls_->close();
        socket_.close();
    }
    void abort() noexcept { socket_.abort(); }

    std::size_t unacknowledged() const noexcept { return tls_ ? tls_->unacknowledged() : socket_.unacknowledged(); }
    bool peer_is_gone() const noexcept { return socket_.peer_is_gone(); }

private:
    tcp_stream socket_;
    std::optional<tls_session> tls_;
};
static_assert(byte_stream<peer_stream>);

}  // namespace carrel::http
