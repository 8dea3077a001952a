#pragma once

#include "base/time.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <optional>

namespace carrel::siem {

/// How many events there are in segments, and how many of those wait to be put together.
struct event_census {
    std::int64_t segments = 0, events = 0;
    std::int64_t fresh_segments = 0, fresh_events = 0;
    std::optional<timestamp> oldest_at;    // of all events
    std::optional<timestamp> fresh_since;  // when the first that waits was received
};

/// From indexes alone. Errors: SQLite's.
result<event_census> take_census(read_session& session);

}  // namespace carrel::siem
