#include "http/net/connection.hpp"
#include "http/net/refusals.hpp"
#include "http/net/shard_loop.hpp"

namespace carrel::http {

void connection::step_handshake() {
    guarded([this] { run_handshake_step(); });
}

void connection::run_handshake_step() {
    if (stream_.is_ready() || !is_live(state_)) return;
    switch (stream_.step_handshake()) {
        case handshake::unfinished: return;
        case handshake::done: break;
        case handshake::plain: last_response_ = plain_http_response(); break;
        case handshake::failed: on(connection_event::last_response); return begin_linger();  // an alert is to be read
    }
    begin_requests();
}

// There is a way to answer now.
void connection::begin_requests() {
    receive_timer_.begin(awaiting::request, shard_->now());
    if (last_response_.empty()) return drive();
    on(connection_event::last_response);
    send_now(last_response_);
}

}  // namespace carrel::http
