#pragma once

#include <carrel/stats.hpp>

#include <chrono>
#include <cstdint>
#include <utility>

namespace carrel::cli {

/// Whether the writer gets on, as one sees it from samples of its counters: while jobs wait some are done within a time. A
/// writer that refuses all writes until a restart does not.
class writer_progress {
public:
    using time_point = std::chrono::steady_clock::time_point;

    writer_progress(std::chrono::seconds still_max, time_point now)
        : still_max_(still_max),
          moved_at_(now) {}

    bool moves(const writer_stats& writer, time_point now) noexcept {
        if (writer.poisoned) return false;
        const auto done = writer.jobs + writer.batches + writer.reruns + writer.checkpoints + writer.checkpoint_errors;
        const bool gets_on = std::exchange(done_, done) != done;
        if (writer.queue_jobs == 0 || gets_on) moved_at_ = now;
        return now - moved_at_ < still_max_;
    }

private:
    std::chrono::seconds still_max_;
    time_point moved_at_;
    std::uint64_t done_ = 0;
};

}  // namespace carrel::cli
