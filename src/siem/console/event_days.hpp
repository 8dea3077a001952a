#pragma once

#include "base/calendar.hpp"

#include <carrel/session.hpp>

#include <map>

namespace carrel::siem {

/// How many events happened in each of the buckets, which are days or longer by UTC, from `from` on and before `to`. Of a segment
/// that lies in one bucket nothing is read; of another one the days of its events are remembered, as long as it is what it is.
result<std::map<timestamp, std::int64_t>> count_events_by(read_session& session, const time_buckets& buckets,
                                                          timestamp from, timestamp to);

}  // namespace carrel::siem
