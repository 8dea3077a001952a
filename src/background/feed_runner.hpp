#pragma once

#include "background/work_counts.hpp"
#include "background/worker.hpp"
#include "siem/commit_watch.hpp"
#include "siem/outbound_settings.hpp"

#include <functional>

namespace carrel::siem {

/// Reads feeds when it is their time, one after the other on a thread of its own, as long as it lives: those that a client requested,
/// those of the strategy `startup` once, those that are scheduled. What a stop or a crash broke off has failed.
class feed_runner {
public:
    /// The database and `counts` must outlive it.
    feed_runner(database& store, log_sink log, work_counts& counts);

private:
    commit_watch feeds_;
    worker worker_;  // last, since it uses the other
};

/// Where feeds were left by a process that is no longer there: nothing runs. Queues those of the strategy `startup` that were made
/// by `now`, when this process started.
result<void> begin_feeds(database& store, std::int64_t now);
/// Queues the feeds whose time has come, and reads the oldest that waits; whether there was one.
result<bool> run_feed(database& store, std::int64_t now, log_sink log, work_counts& counts,
                      const std::stop_token& stop);

}  // namespace carrel::siem
