#pragma once

#include "indicators/kinds.hpp"
#include "siem/event_range.hpp"
#include "siem/hunts.hpp"

#include <carrel/session.hpp>

#include <chrono>

// A hunt goes through the segments in the order of their events' positions, which outlast whatever the keeper does to them, step by
// step. What a step found is in one transaction with how far it came, so a hunt goes on after a crash where it stood.
namespace carrel::siem {

/// A hunt that is not at its end.
struct open_hunt {
    struct indicator {
        std::string id;
        indicators::kind of;
        std::string normalized;
    };
    std::int64_t seq = 0;
    std::string id;
    time_range range;
    std::vector<indicator> wanted;     // those that are still there
    std::optional<std::int64_t> next;  // the position to go on from; nothing: it has not begun
    std::int64_t end = 0;              // the first position that it does not look at
    std::int64_t matches_kept = 0;
};

/// The oldest one.
result<std::optional<open_hunt>> next_hunt(read_session& session);

/// An event that has an indicator.
struct found_match {
    std::size_t indicator;  // among `open_hunt::wanted`
    std::string event_id, field, value;
    timestamp at = 0;
};

struct hunt_step {
    std::vector<found_match> matches;  // as many as may be kept
    std::int64_t match_count = 0, events_read = 0;
    std::int64_t next = 0, end = 0;  // as `open_hunt` has them
    bool is_last = false;
};

/// Looks at the next segments, at one in any case, until the time is up. All indicators in one pass. Errors: SQLite's;
/// SQLITE_CORRUPT for a segment that is damaged; what ends the job.
result<hunt_step> look(read_session& session, const open_hunt& hunt, std::chrono::milliseconds time_max);

/// Keeps what a step found. Whether the hunt was still as it was read: it may have been cancelled.
result<bool> keep_step(write_session& session, const open_hunt& hunt, const hunt_step& step, timestamp now);
result<void> fail_hunt(write_session& session, const open_hunt& hunt, std::string_view why, timestamp now);

}  // namespace carrel::siem
