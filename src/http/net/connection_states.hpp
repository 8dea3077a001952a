#pragma once

#include <cstdint>

// What a connection is doing, as values. No socket, no clock: the connection obeys, the tests use literals.
namespace carrel::http {

/// What the bytes that arrive next belong to.
enum class receiving : std::uint8_t {
    idle,     ///< No request has begun.
    head,     ///< A request's header section has begun.
    body,     ///< The header section is complete, the body is not.
    stopped,  ///< No further request is read: framing was broken, or the last response is decided.
    ended,    ///< The peer has ended its side and everything before that was read.
};

/// What becomes of responses.
enum class sending : std::uint8_t {
    open,       ///< All that was written has been taken by the socket.
    blocked,    ///< Bytes wait for room in the socket.
    last,       ///< As `blocked`, or about to write; nothing follows these bytes.
    lingering,  ///< Our side is shut down: reading on, so that the peer can read the last response.
    closed,
};

struct connection_state {
    http::receiving receiving = http::receiving::idle;
    http::sending sending = http::sending::open;
    bool operator==(const connection_state&) const = default;
};

enum class connection_event : std::uint8_t {
    request_begun,  ///< The first byte of a request.
    head_complete,  ///< A body may follow.
    request_over,   ///< Complete, or refused; the next one may come.
    input_stopped,  ///< What follows in the stream will not be used.
    peer_ended,     ///< End of input was read.
    send_blocked,   ///< The socket had no room for all of a write.
    send_done,      ///< The socket has taken all of it.
    last_response,  ///< The response about to be written ends the connection.
    linger,         ///< The last response is written.
    closed,         ///< The socket is closed.
};

constexpr receiving after(receiving now, connection_event event) noexcept {
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

constexpr sending after(sending now, connection_event event) noexcept {
    if (now == sending::closed || event == connection_event::closed) return sending::closed;
    if (now == sending::lingering || event == connection_event::linger) return sending::lingering;
    if (now == sending::last || event == connection_event::last_response) return sending::last;
    switch (event) {
        case connection_event::send_blocked: return sending::blocked;
        case connection_event::send_done: return sending::open;
        default: return now;
    }
}

/// The state after an event. Total: an event that means nothing in a state leaves it as it is.
constexpr connection_state after(connection_state now, connection_event event) noexcept {
    return {after(now.receiving, event), after(now.sending, event)};
}

constexpr bool is_live(connection_state now) noexcept {
    return now.sending != sending::lingering && now.sending != sending::closed;
}
/// Bytes received may be taken for requests.
constexpr bool may_read(connection_state now) noexcept {
    return now.sending == sending::open && now.receiving != receiving::stopped && now.receiving != receiving::ended;
}
/// Responses may be handed to the socket.
constexpr bool may_write(connection_state now) noexcept { return now.sending == sending::open; }
constexpr bool is_inside_request(connection_state now) noexcept {
    return now.receiving == receiving::head || now.receiving == receiving::body;
}

}  // namespace carrel::http
