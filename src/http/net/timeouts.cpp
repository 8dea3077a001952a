#include "http/net/timeouts.hpp"

namespace carrel::http {

bool has_expired(const read_clock& clock, const limits& bounds, steady_time now) noexcept {
    const auto waited = now - clock.since;
    switch (clock.what) {
        case reading::nothing: return false;
        case reading::idle: return waited > bounds.idle_time_max;
        case reading::head: return waited > bounds.head_time_max;
        case reading::body:
            return waited > bounds.body_time_max + std::chrono::seconds(clock.bytes / bounds.body_rate_min);
    }
    return false;
}

bool has_expired(const write_clock& clock, const limits& bounds, steady_time now) noexcept {
    return now - clock.progress > bounds.write_progress_max || now - clock.since > bounds.write_time_max;
}

bool linger_has_expired(const write_clock& clock, const limits& bounds, steady_time now) noexcept {
    return now - clock.progress > bounds.linger_progress_max || now - clock.since > bounds.linger_time_max;
}

}  // namespace carrel::http
