#pragma once

#include "background/work_counts.hpp"
#include "siem/feed_family.hpp"

#include <carrel/database.hpp>

#include <stop_token>

namespace carrel::siem {

/// An entry of a feed's history that waits.
struct feed_job {
    std::int64_t seq = 0;
    std::string feed_id;
    sync_kind kind = sync_kind::sync;
};

/// Reads the feed, stores what is in it unless it is only tested, and keeps what came of it. A feed that cannot be read is no
/// error of this, but an entry of its history.
result<void> run_feed_job(database& store, const feed_family& of, const feed_job& job, const log_sink& log,
                          work_counts& counts, const std::stop_token& stop);

}  // namespace carrel::siem
