#include "http/net/timeouts.hpp"

#include <algorithm>

namespace carrel::http {

namespace {

bool body_is_slow(const receive_timer& timer, const limits& bounds, steady_time now) noexcept {
    if (now - timer.progress > bounds.body_progress_max) return true;
    const auto window = now - timer.window;
    if (window <= bounds.body_time_max) return false;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(window).count();
    return timer.window_bytes < bounds.body_rate_min * static_cast<std::uint64_t>(seconds) || seconds == 0;
}

}  // namespace

bool has_expired(const receive_timer& timer, const limits& bounds, steady_time now) noexcept {
    const auto waited = now - timer.since;
    switch (timer.what) {
        case awaiting::nothing: return false;
        case awaiting::request: return waited > bounds.idle_time_max;
        case awaiting::head: return waited > bounds.head_time_max;
        case awaiting::body: return body_is_slow(timer, bounds, now);
    }
    return false;
}

void roll_window(receive_timer& timer, const limits& bounds, steady_time now) noexcept {
    if (timer.what != awaiting::body || now - timer.window <= bounds.body_time_max) return;
    timer.window = now;
    timer.window_bytes = 0;
}

void send_timer::observe(std::uint64_t all_queued, std::uint64_t outstanding, steady_time now) noexcept {
    const auto taken = all_queued - outstanding;
    // Nothing of what waited at the last look waits any more.
    if (outstanding == 0 || taken >= queued) since = progress = now;
    else if (taken > acknowledged) progress = now;
    acknowledged = taken;
    queued = all_queued;
    waits = outstanding > 0;
}

bool has_expired(const send_timer& timer, const limits& bounds, steady_time now) noexcept {
    if (!timer.waits) return false;
    return now - timer.progress > bounds.write_progress_max || now - timer.since > bounds.write_time_max;
}

bool linger_has_expired(const send_timer& timer, const limits& bounds, bool is_stopping, steady_time now) noexcept {
    const auto silence_max =
        is_stopping ? std::min(bounds.linger_progress_max, bounds.drain_idle_time) : bounds.linger_progress_max;
    return now - timer.progress > silence_max || now - timer.since > bounds.linger_time_max;
}

}  // namespace carrel::http
