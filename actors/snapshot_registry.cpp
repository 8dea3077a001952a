#include "actors/snapshot_registry.hpp"

#include "sqlite/failpoints.hpp"

#include <algorithm>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

void snapshot_registry::entry::begun(steady_time now, sqlite::connection* on) noexcept {
    std::lock_guard lock(mutex_);
    on_ = on;
    interrupt_.store(false, std::memory_order_relaxed);
    since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

void snapshot_registry::entry::ended() noexcept {
    std::lock_guard lock(mutex_);
    on_ = nullptr;
    since_.store(0, std::memory_order_relaxed);
    deadline_.store(idle, std::memory_order_relaxed);
}

std::chrono::nanoseconds snapshot_registry::entry::age(steady_time now) const noexcept {
    return now.time_since_epoch() - clock::duration(since_.load(std::memory_order_relaxed));
}

bool snapshot_registry::entry::is_overdue(steady_time now) const noexcept {
    return deadline_.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
}

void snapshot_registry::entry::interrupt_step() noexcept {
    std::lock_guard lock(mutex_);
    if (on_ != nullptr) on_->interrupt();
}

snapshot_registry::entry& snapshot_registry::enroll() {
    std::lock_guard lock(mutex_);
    return entries_.emplace_back();
}

void snapshot_registry::set_pressure(wal_pressure wanted) noexcept {
    if (pressure_.load() != wanted) change_pressure(wanted);
    if (wanted == wal_pressure::interrupt_oldest && !failpoints::is_set(failpoint::endless_snapshot))
        interrupt_oldest();
}

bool snapshot_registry::admits(std::chrono::milliseconds at_most) {
    if (is_admitting()) return true;
    std::unique_lock lock(admission_mutex_);
    return admission_.wait_for(lock, at_most, [this] { return is_admitting(); });
}

void snapshot_registry::admit_all() noexcept {
    admits_all_ = true;
    change_pressure(wal_pressure::none);
}

void snapshot_registry::change_pressure(wal_pressure wanted) noexcept {
    {
        std::lock_guard lock(admission_mutex_);
        pressure_.store(wanted);
    }
    admission_.notify_all();
}

std::chrono::nanoseconds snapshot_registry::oldest_age(steady_time now) noexcept {
    std::lock_guard lock(mutex_);
    const auto* oldest = find_oldest();
    return oldest == nullptr ? std::chrono::nanoseconds(0) : oldest->age(now);
}

snapshot_registry::entry* snapshot_registry::find_oldest() noexcept {
    entry* oldest = nullptr;
    for (auto& one : entries_)
        if (const auto since = one.since_.load(std::memory_order_relaxed); since != 0)
            if (oldest == nullptr || since < oldest->since_.load(std::memory_order_relaxed)) oldest = &one;
    return oldest;
}

void snapshot_registry::interrupt_oldest() noexcept {
    std::lock_guard lock(mutex_);
    auto* oldest = find_oldest();
    const auto now = clock::now();
    if (oldest == nullptr || oldest->age(now) < age_interrupted_min) return;
    if (!oldest->interrupt_.exchange(true, std::memory_order_relaxed)) oldest->requested_at_ = now;
    else if (now - oldest->requested_at_ >= step_max) oldest->interrupt_step();
}

steady_time snapshot_registry::look(steady_time now) noexcept {
    std::lock_guard lock(mutex_);
    auto next = never;
    for (auto& one : entries_) {
        const auto deadline = one.deadline_.load(std::memory_order_relaxed);
        if (deadline == entry::idle) continue;
        if (one.is_overdue(now)) one.interrupt_step();
        next = std::min(next, one.is_overdue(now) ? now + overdue_interval : steady_time(clock::duration(deadline)));
    }
    return next;
}

}  // namespace carrel::detail
