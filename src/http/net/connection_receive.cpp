#include "http/net/connection.hpp"
#include "http/net/shard_loop.hpp"

namespace carrel::http {

// True if bytes came.
bool connection::receive() {
    const auto room = shard_->receive_buffer();
    const auto got = stream_.receive(room);
    if (got.status == io_status::failed) close();
    if (got.status != io_status::done) return false;
    const std::string_view bytes(room.data(), got.count);
    if (!kept_.empty()) {
        kept_.append(bytes);
        return true;
    }
    const auto used = consume(bytes);
    if (used < bytes.size() && is_live(state_)) shard_->fill(kept_, bytes.substr(used));
    return true;
}

void connection::settle_end_of_input() {
    if (may_parse()) {  // so what is left, if anything, is the beginning of a request
        if (current_ != nullptr) {
            cut_request(refusal::bad_request, "The request was cut off.");
            advance_stream();
            flush();
        }
        on(connection_event::peer_ended);
    }
    if (is_live(state_) && is_idle()) close();
}

// A client that has left wants no answer; one that has only ended its side does.
void connection::look_for_peer() {
    if (!stream_.end_is_signalled() || running_ == 0 || !is_live(state_) || !stream_.peer_is_gone()) return;
    if (alone_ != nullptr && alone_->is_held) return shard_->context().held().release(*alone_);
    for (auto* each = first_; each != nullptr; each = each->next)
        if (each->busy && !each->request.endpoint->writes())
            each->cancellation.emit(boost::asio::cancellation_type::terminal);
}

void connection::sweep(steady_time now) {
    if (is_closed()) return;
    guarded([&] {
        const auto& bounds = shard_->server().bounds;
        if (state_.sending == sending::lingering) {
            if (linger_has_expired(send_timer_, bounds, shard_->drain_grace_is_over(), now)) close();
            return;
        }
        watch_sending(now);
        if (is_closed()) return;
        look_for_peer();
        if (current_ != nullptr && !may_parse()) receive_timer_.pause(now);
        else if (has_expired(receive_timer_, bounds, now)) end_slow_request();
        else roll_window(receive_timer_, bounds, now);
    });
}

void connection::watch_sending(steady_time now) {
    if (queued_ == send_timer_.acknowledged) return;
    const auto outstanding = unsent_.size() - unsent_at_ + stream_.unacknowledged();
    send_timer_.observe(queued_, outstanding, now);
    if (!has_expired(send_timer_, shard_->server().bounds, now)) return;
    stream_.abort();  // the kernel must not keep what nobody reads
    close();
}

void connection::end_slow_request() {
    if (current_ == nullptr) {
        give_way();
        return;
    }
    cut_request(refusal::request_timeout, "The request did not arrive in time.");
    drive();
}

void connection::linger() {
    const auto room = shard_->receive_buffer();
    for (int i = 0; i < 16 && stream_.may_receive(); ++i) {
        const auto got = stream_.receive(room);
        if (got.status == io_status::ended || got.status == io_status::failed) return close();
        if (got.status == io_status::done) send_timer_.progress = shard_->now();
    }
    if (stream_.may_receive()) shard_->defer(*this);
}

}  // namespace carrel::http
