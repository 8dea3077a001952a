#include "actors/writer_actor.hpp"

#include <algorithm>
#include <tuple>

namespace carrel::detail {

void writer_actor::add_to(database_stats& stats) const {
    const auto now = std::chrono::steady_clock::now();
    auto& w = stats.writer;
    w.jobs = probe_.jobs.get();
    w.jobs_failed = probe_.jobs_failed.get();
    w.batches = probe_.batches.get();
    w.reruns = probe_.reruns.get();
    w.commit_sequence = probe_.commit_sequence.get();
    std::tie(w.queue_jobs, w.queue_bytes) = queue_.held();
    w.queue_age_seconds = std::chrono::duration<double>(queue_.age(now)).count();
    w.execution_seconds_total = static_cast<double>(probe_.execution_nanoseconds.get()) * 1e-9;
    probe_.commits.add_to(w.commits);
    w.checkpoints = probe_.checkpoints.get();
    w.checkpoint_frames = probe_.checkpoint_frames.get();
    w.checkpoint_errors = probe_.checkpoint_errors.get();
    probe_.checkpoint_times.add_to(w.checkpoint_times);
    w.wal_bytes = probe_.wal_bytes.get();
    w.poisoned = refuses();
    stats.expired += probe_.expired.get() + queue_.lapsed();
    auto& pool = stats.write;
    pool.max_open = 1;
    pool.open = probe_.is_open ? 1 : 0;
    pool.in_use = probe_.window.is_busy() ? 1 : 0;
    pool.idle = pool.open - std::min(pool.open, pool.in_use);
    pool.wait_count = probe_.waited.get();
    pool.utilization = probe_.window.busy_seconds(now) / static_cast<double>(busy_window::seconds);
    pool.exhaustion_episodes = probe_.episodes.get();
    probe_.waits.add_to(pool.waits);
    probe_.cache.add_to(pool.cache);
    pool.wait_seconds_total = pool.waits.seconds_total;
}

}  // namespace carrel::detail
