#include "actors/engine.hpp"

#include <algorithm>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

database_stats engine::stats() {
    database_stats stats;
    stats.database_path = settings_.path;
    writer_->add_to(stats);
    dispatcher_.add_to(stats);
    std::lock_guard lock(residents_mutex_);
    for (const auto& resident : residents_) {
        add_reader(resident->probe(), stats);
        stats.readers.budget_overruns += resident->overruns();
        stats.readers.known_deep += resident->known_deep();
    }
    stats.read.max_open = settings_.readers_max;
    stats.read.in_use = std::min(stats.read.in_use, stats.read.open);
    stats.read.idle = stats.read.open - stats.read.in_use;
    stats.read.wait_seconds_total = stats.read.waits.seconds_total;
    stats.read.utilization /= static_cast<double>(busy_window::seconds) * static_cast<double>(settings_.readers_max);
    stats.readers.oldest_snapshot_seconds = std::chrono::duration<double>(snapshots_.oldest_age(clock::now())).count();
    stats.busy_seen = busy_seen_.load(std::memory_order_relaxed);
    stats.refused_overloaded = refused_overloaded_.get();
    stats.refused_stopping = refused_stopping_.get();
    stats.slow_jobs = queries_.slow_jobs();
    return stats;
}

std::chrono::nanoseconds engine::queue_age() {
    return std::max(dispatcher_.queue_age(clock::now()), writer_->queue_age());
}

}  // namespace carrel::detail
