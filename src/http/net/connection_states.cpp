#include "http/net/connection_states.hpp"

namespace carrel::http {

namespace {

receiving after(receiving now, connection_event event) noexcept {
    if (now == receiving::ended) return now;
    if (event == connection_event::peer_ended) return receiving::ended;
    if (now == receiving::stopped) return now;
    switch (event) {
        case connection_event::request_begun: return now == receiving::idle ? receiving::head : now;
        case connection_event::head_complete: return now == receiving::head ? receiving::body : now;
        case connection_event::request_over: return receiving::idle;
        case connection_event::input_stopped:
        case connection_event::last_response: return receiving::stopped;
        default: return now;
    }
}

sending after(sending now, connection_event event) noexcept {
    if (now == sending::closed || event == connection_event::closed) return sending::closed;
    if (now == sending::lingering || event == connection_event::linger) return sending::lingering;
    if (now == sending::last || event == connection_event::last_response) return sending::last;
    switch (event) {
        case connection_event::send_blocked: return sending::blocked;
        case connection_event::send_done: return sending::open;
        default: return now;
    }
}

}  // namespace

connection_state after(connection_state now, connection_event event) noexcept {
    return {after(now.receiving, event), after(now.sending, event)};
}

}  // namespace carrel::http
