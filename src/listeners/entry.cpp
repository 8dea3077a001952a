#include "listeners/entry.hpp"

namespace carrel::listeners {

namespace {

std::int64_t number(const std::atomic<std::uint64_t>& of) noexcept {
    return static_cast<std::int64_t>(of.load(std::memory_order_acquire));
}

std::uint64_t received(const syslog::counts& of) noexcept {
    return of.received_udp.load(std::memory_order_acquire) + of.received_tcp.load(std::memory_order_acquire);
}

}  // namespace

void entry::count_from(const siem::listener_counts& before) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_known_, true)) return;
    before_ = before;
}

void entry::measure(double seconds) {
    const std::uint64_t now = received(counted);
    const std::lock_guard lock(mutex_);
    per_second_ = seconds > 0 ? static_cast<double>(now - measured_) / seconds : 0;
    measured_ = now;
}

bool entry::is_known() const {
    const std::lock_guard lock(mutex_);
    return is_known_;
}

siem::listener_counts entry::counts() const {
    siem::listener_counts made;
    {
        const std::lock_guard lock(mutex_);
        made = before_;
        made.events_per_second = per_second_;
    }
    // What became of messages before what was received: none has come to more than was received.
    made.stored += number(counted.stored);
    made.dead_letters += number(counted.dead_letters);
    made.dropped += number(counted.dropped);
    made.received += static_cast<std::int64_t>(received(counted));
    made.lost += number(counted.lost);
    made.cut += number(counted.cut);
    made.refused += number(counted.refused);
    made.connections = number(counted.connections);
    if (const auto last = counted.last_received_at.load(std::memory_order_relaxed); last != 0)
        made.last_event_at = last;
    return made;
}

}  // namespace carrel::listeners
