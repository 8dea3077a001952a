#pragma once

#include "http/limits.hpp"

#include <chrono>
#include <cstdint>

// How long a connection may take over what it does. Pure decisions, for the sweep.
namespace carrel::http {

using steady_time = std::chrono::steady_clock::time_point;

enum class awaiting { nothing, request, head, body };

/// How the peer's bytes come in.
struct receive_timer {
    awaiting what = awaiting::request;
    steady_time since;
    steady_time progress;  // when the last byte came
    steady_time window;    // of a body: since when `window_bytes` are counted
    std::uint64_t window_bytes = 0;

    void begin(awaiting next, steady_time now) noexcept { *this = {next, now, now, now, 0}; }
    void received(std::uint64_t bytes, steady_time now) noexcept {
        progress = now;
        window_bytes += bytes;
    }
    /// We did not read: the peer cannot have been slow meanwhile.
    void pause(steady_time now) noexcept { begin(what, now); }
};

/// How the peer takes our bytes. What counts is what it has acknowledged, not what a buffer of ours has taken.
struct send_timer {
    steady_time since;
    steady_time progress;
    std::uint64_t acknowledged = 0;
    std::uint64_t queued = 0;  // at the last look
    bool waits = false;        // for acknowledgements

    /// Takes what a look at the socket gave: all bytes ever queued, and those not acknowledged.
    void observe(std::uint64_t all_queued, std::uint64_t outstanding, steady_time now) noexcept;
};

/// Whether the peer was too slow. A body must come at `body_rate_min` in each window of `body_time_max`, and never stand
/// still for `body_progress_max`. What it has sent before earns it no credit.
bool has_expired(const receive_timer& timer, const limits& bounds, steady_time now) noexcept;
/// Begins a new window when one is over. To be called after `has_expired`.
void roll_window(receive_timer& timer, const limits& bounds, steady_time now) noexcept;

bool has_expired(const send_timer& timer, const limits& bounds, steady_time now) noexcept;
/// For reading on after the last response. While the server stops, clients that are silent have the time of idle ones.
bool linger_has_expired(const send_timer& timer, const limits& bounds, bool is_stopping, steady_time now) noexcept;

}  // namespace carrel::http
