#include "http/net/connection.hpp"

#include "http/net/shard_loop.hpp"
#include "http/pipeline/body_stream.hpp"

#include <sys/epoll.h>

#include <utility>

namespace carrel::http {

namespace {

// Receives a turn: one connection must not keep the shard from the others.
constexpr int receives_a_turn = 2;

}  // namespace

connection::connection(shard_loop& shard, const accepted_socket& socket) noexcept
    : shard_(&shard),
      stream_(socket.descriptor, shard.server().tls.get()),
      peer_(socket.peer),
      is_proxied_(socket.is_trusted_proxy) {
    receive_timer_.begin(stream_.is_ready() ? awaiting::request : awaiting::head, shard.now());
}

void connection::give_up(std::string_view why) noexcept {
    const auto* const at = current_ != nullptr ? current_ : first_;
    shard_->context().note_failure("a connection was given up: ", why,
                                   at != nullptr ? at->request.id : std::string_view());
    close();
}

void connection::on_events(std::uint32_t events) {
    guarded([&] { take_events(events); });
}

void connection::after_turn() {
    guarded([this] { take_turn(); });
}

void connection::exchange_done(exchange&) {
    guarded([this] { complete(); });
}

void connection::exchange_advanced(exchange& advanced) {
    guarded([&] {
        if (&advanced == current_) return drive();
        // Its body is complete: nothing but parts to store is left.
        if (advanced.stream->pump() == body_stream::progress::yielded) shard_->defer(*this);
        if (advanced.is_done()) complete();
    });
}

void connection::exchange_continued(exchange&) {
    guarded([this] { drive(); });
}

void connection::take_events(std::uint32_t events) {
    if (is_closed()) return;
    if ((events & EPOLLERR) != 0) return close();
    stream_.note(events);
    if (!unsent_.empty() && stream_.may_send(events)) send_more();
    if (is_closed()) return;
    if (state_.sending == sending::lingering) return linger();
    drive();
    if (stream_.end_is_signalled() && running_ > 0) shard_->defer(*this);
}

void connection::take_turn() {
    if (is_closed()) return;
    if (state_.sending == sending::lingering) return linger();
    drive();
    look_for_peer();
}

// The one loop that moves a connection on: parses, answers, reads.
void connection::drive() {
    if (!stream_.is_ready()) {
        if (is_live(state_) && stream_.may_receive()) shard_->queue_handshake(*this);
        return;
    }
    int receives = 0;
    for (bool more = true; more && is_live(state_);) {
        advance_stream();
        more = parse_kept();
        advance_stream();
        more = flush() || more;  // room in the pipeline
        if (!is_live(state_) || !stream_.may_receive() || !may_parse()) continue;
        if (++receives > receives_a_turn) {
            shard_->defer(*this);
            break;
        }
        more = receive() || more;
    }
    settle();
}

bool connection::is_idle() const noexcept { return current_ == nullptr && first_ == nullptr && unsent_.empty(); }

void connection::settle() {
    if (!is_live(state_)) return;
    if (stream_.at_end()) settle_end_of_input();
    if (!is_live(state_) || current_ != nullptr) return;
    if (!is_idle()) receive_timer_.what = awaiting::nothing;
    else if (shard_->drain_grace_is_over()) give_way();
    else if (receive_timer_.what != awaiting::request) receive_timer_.begin(awaiting::request, shard_->now());
}

void connection::begin_drain() {
    if (!is_live(state_)) return;
    stream_.expect_bytes();  // a request may have arrived that no event has reported yet
    guarded([this] { drive(); });
}

void connection::end_drain_grace() {
    guarded([this] {
        if (!is_live(state_)) return;
        stream_.expect_bytes();
        drive();
        if (!is_live(state_)) return;
        if (state_.receiving != receiving::head || current_ == nullptr) return settle();
        cut_request(refusal::overloaded, "The server is stopping; the request was not begun.");
        drive();
    });
}

void connection::turn_away(std::string_view response) {
    guarded([&] {
        is_turned_away = true;
        last_response_ = response;
        if (stream_.is_ready()) begin_requests();
    });
}

bool connection::give_way() {
    if (!is_live(state_) || !is_idle()) return false;
    // The last receive before a close: what a client has sent is answered.
    stream_.expect_bytes();
    if (receive()) drive();
    else close();
    return is_closed();
}

void connection::close() {
    if (is_closed()) return;
    on(connection_event::closed);
    stream_.close();
    for (auto* each = std::exchange(first_, nullptr); each != nullptr;) {
        auto* const following = each->next;
        each->abandon();
        each = following;
    }
    if (current_ != nullptr) std::exchange(current_, nullptr)->abandon();
    parser_.reset();
    shard_->recycle(kept_);
    drop_unsent();
    shard_->retire(*this);
}

}  // namespace carrel::http
