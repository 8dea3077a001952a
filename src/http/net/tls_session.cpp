#include "http/net/tls_session.hpp"

#include <openssl/err.h>

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

namespace carrel::http {

namespace {

// What an earlier call has left would be taken for this one's. To look is cheaper than to clear.
void drop_errors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

bool tls_session::begin() noexcept {
    ssl_ = SSL_new(acceptor_->current().get());
    if (ssl_ == nullptr) return false;
    SSL_set_accept_state(ssl_);
    return wire_.attach(ssl_);
}

handshake tls_session::step_handshake() {
    drop_errors();
    if (ssl_ == nullptr && !begin()) return handshake::failed;
    holds_bytes_ = false;
    const int outcome = SSL_do_handshake(ssl_);
    if (outcome == 1) {
        finish_handshake();
        return handshake::done;
    }
    const int why = SSL_get_error(ssl_, outcome);
    read_waits_for_room_ = why == SSL_ERROR_WANT_WRITE;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return handshake::unfinished;
    is_broken_ = true;
    (wire_.is_plain ? acceptor_->counts().plain : acceptor_->counts().failed).fetch_add(1, std::memory_order_relaxed);
    return wire_.is_plain ? handshake::plain : handshake::failed;
}

void tls_session::finish_handshake() {
    is_established_ = true;
    holds_bytes_ = SSL_has_pending(ssl_) == 1;
    auto& counts = acceptor_->counts();
    counts.completed.fetch_add(1, std::memory_order_relaxed);
    if (SSL_session_reused(ssl_) == 1) counts.resumed.fetch_add(1, std::memory_order_relaxed);
    if (auto* given = SSL_get0_peer_certificate(ssl_); given != nullptr && SSL_get_verify_result(ssl_) == X509_V_OK)
        certificate_ = read_client_certificate(*given);
}

void tls_session::note(std::uint32_t epoll_events) noexcept {
    if ((epoll_events & EPOLLOUT) == 0) return;
    if (std::exchange(read_waits_for_room_, false)) holds_bytes_ = true;
    if (std::exchange(close_notify_waits_, false)) send_close_notify();
}

bool tls_session::may_send(std::uint32_t epoll_events) const noexcept {
    return (epoll_events & (send_waits_for_bytes_ ? EPOLLOUT | EPOLLIN : EPOLLOUT)) != 0;
}

// Takes all records that have come, as far as there is room: a receive of the socket brings several at once.
io_outcome tls_session::receive(std::span<char> room) noexcept {
    if (is_shut_) return wire_.socket->receive(room);
    if (is_broken_) return {io_status::failed, 0};
    if (at_end_) return {io_status::ended, 0};
    if (!is_established_) return {io_status::would_block, 0};
    std::size_t taken = 0;
    while (taken < room.size()) {
        std::size_t count = 0;
        drop_errors();
        if (SSL_read_ex(ssl_, room.data() + taken, room.size() - taken, &count) != 1) {
            const auto nothing = nothing_received(SSL_get_error(ssl_, 0));
            // What came before a failure is taken first; the failure is met again.
            return taken > 0 ? io_outcome{io_status::done, taken} : nothing;
        }
        taken += count;
        holds_bytes_ = SSL_has_pending(ssl_) == 1;
        if (!holds_bytes_) break;
    }
    return {io_status::done, taken};
}

io_outcome tls_session::nothing_received(int why) noexcept {
    holds_bytes_ = false;
    read_waits_for_room_ = why == SSL_ERROR_WANT_WRITE;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {io_status::would_block, 0};
    if (why != SSL_ERROR_ZERO_RETURN) {
        is_broken_ = holds_bytes_ = true;
        return {io_status::failed, 0};
    }
    at_end_ = true;
    // Without close_notify OpenSSL has met the end of the socket. A request is whole or not by HTTP's own framing.
    if (wire_.socket->at_end()) acceptor_->counts().truncated.fetch_add(1, std::memory_order_relaxed);
    return {io_status::ended, 0};
}

io_outcome tls_session::send(std::string_view bytes) noexcept {
    std::size_t sent = 0;
    send_waits_for_bytes_ = false;
    while (sent < bytes.size()) {
        std::size_t count = 0;
        drop_errors();
        if (SSL_write_ex(ssl_, bytes.data() + sent, bytes.size() - sent, &count) == 1) {
            sent += count;
            continue;
        }
        const int why = SSL_get_error(ssl_, 0);
        send_waits_for_bytes_ = why == SSL_ERROR_WANT_READ;
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) break;
        is_broken_ = true;
        return {io_status::failed, 0};
    }
    sent_ += sent;
    return {sent > 0 ? io_status::done : io_status::would_block, sent};
}

void tls_session::shutdown_send() noexcept {
    send_close_notify();
    is_shut_ = true;
    holds_bytes_ = read_waits_for_room_ = false;
}

// Our side of the socket ends behind the close_notify, not before it.
void tls_session::send_close_notify() noexcept {
    if (is_established_ && !is_broken_) {
        drop_errors();
        const int outcome = SSL_shutdown(ssl_);
        close_notify_waits_ = outcome < 0 && SSL_get_error(ssl_, outcome) == SSL_ERROR_WANT_WRITE;
        if (close_notify_waits_) return;
    }
    wire_.socket->shutdown_send();
}

void tls_session::close() noexcept {
    if (is_established_ && !is_broken_ && !is_shut_) {
        drop_errors();
        SSL_shutdown(ssl_);
    }
    SSL_free(std::exchange(ssl_, nullptr));
    is_established_ = false;
}

std::size_t tls_session::unacknowledged() const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(wire_.socket->unacknowledged(), sent_));
}

}  // namespace carrel::http
