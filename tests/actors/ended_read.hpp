#pragma once

#include "support/waiting.hpp"

#include <carrel/queries.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace carrel::testing {

/// Ends the background read that runs, once it has run for so long; false if there is none within 20 s.
inline bool end_running_read(database& db, std::chrono::nanoseconds at_least = {}) {
    return eventually([&] {
        const auto all = db.running_queries();
        return std::any_of(all.begin(), all.end(), [&](const auto& each) {
            return each.lane == query_lane::background && each.running >= at_least && db.cancel_query(each.id);
        });
    });
}

/// The error of a read that goes on until it has run for so long, which a deadline cannot tell: it holds for the wait, too.
template <class Work>
error end_after(database& db, std::chrono::nanoseconds at_least, Work work, job_options per_job = {}) {
    per_job.deadline = std::chrono::seconds(60);
    auto done = db.async_read(std::move(work), per_job, as_result(boost::asio::use_future));
    (void)end_running_read(db, at_least);
    auto outcome = done.get();
    return outcome ? error() : outcome.error();
}

}  // namespace carrel::testing
