#pragma once

#include "http/net/client_certificate.hpp"
#include "http/net/tls_acceptor.hpp"
#include "http/net/tls_wire.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace carrel::http {

enum class handshake {
    unfinished,  ///< It goes on once the socket is ready again.
    done,
    failed,  ///< An alert was sent to the peer, if there is one for it.
    plain,   ///< The peer speaks HTTP without TLS.
};

/// The server's side of TLS over a socket, between a handshake that the owner asks for step by step and a close_notify.
/// Costs no memory of OpenSSL's before the first step. One thread; holds a pointer to the socket.
class tls_session {
public:
    tls_session(tcp_stream& socket, tls_acceptor& acceptor) noexcept
        : wire_{&socket},
          acceptor_(&acceptor) {}
    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;
    ~tls_session() { SSL_free(ssl_); }

    handshake step_handshake();
    bool is_established() const noexcept { return is_established_; }
    /// Of a client that has given one. Null otherwise.
    const std::shared_ptr<const client_certificate>& certificate() const noexcept { return certificate_; }

    void note(std::uint32_t epoll_events) noexcept;
    bool may_receive() const noexcept { return !read_waits_for_room_ && (holds_bytes_ || wire_.socket->may_receive()); }
    bool may_send(std::uint32_t epoll_events) const noexcept;
    bool at_end() const noexcept { return at_end_; }

    io_outcome receive(std::span<char> room) noexcept;
    io_outcome send(std::string_view bytes) noexcept;
    /// Says that nothing follows; what still comes is given as it is, undeciphered.
    void shutdown_send() noexcept;
    /// Says so too, as far as that goes at once, and lets OpenSSL's memory go.
    void close() noexcept;

    /// At most what is not acknowledged of what was given to `send`.
    std::size_t unacknowledged() const noexcept;

private:
    bool begin() noexcept;
    void finish_handshake();
    io_outcome nothing_received(int why) noexcept;
    void send_close_notify() noexcept;

    tls_wire wire_;
    tls_acceptor* acceptor_;
    SSL* ssl_ = nullptr;
    std::shared_ptr<const client_certificate> certificate_;
    std::uint64_t sent_ = 0;  // bytes of our own, sealed and given to the socket
    bool is_established_ = false;
    bool is_broken_ = false;  // OpenSSL must not be called any more
    bool at_end_ = false;
    bool is_shut_ = false;
    bool holds_bytes_ = false;          // OpenSSL has bytes that no event will announce
    bool read_waits_for_room_ = false;  // a read has to write first
    bool send_waits_for_bytes_ = false;
    bool close_notify_waits_ = false;  // close_notify found no room
};

}  // namespace carrel::http
