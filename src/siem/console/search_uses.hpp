#pragma once

#include "base/time.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <string>

// How often searches were run. A run is a read, so it is counted in memory first: the writer takes over what came together, by the
// half-minute. What a process has not handed over when it ends is lost.
namespace carrel::siem {

/// Any thread.
void count_search_use(const std::string& id, timestamp at);

/// See periodic_jobs. Each use is written once, also if the writer does the job again.
result<bool> has_search_uses(read_session& session, timestamp now);
result<std::int64_t> write_search_uses(write_session& session, timestamp now);

}  // namespace carrel::siem
