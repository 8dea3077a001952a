#pragma once

#include "siem/indicator_set.hpp"

#include "base/time.hpp"

#include <carrel/session.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The events that come in are held against the active indicators a moment after they are stored, in the order of their
// positions. Intake itself does nothing for it. How far that has come is in one transaction with what was counted, so every event counts
// once, after a crash too.
namespace carrel::siem {

/// The active indicators, and when that was so.
struct watched_indicators {
    std::shared_ptr<const indicator_set> all;
    std::int64_t stamp = -1;  // what the database said of their changes
};

/// What the database says of changes by which an indicator may have become active.
result<std::int64_t> indicator_stamp(read_session& session);

/// Some of the active indicators: those of rows behind `after`, which becomes the last one's; false at the end.
result<bool> add_active(read_session& session, std::int64_t& after, indicator_set& into);

/// What events had one indicator.
struct indicator_hits {
    struct match {
        std::string event_id, field, value;
        timestamp at = 0;
    };
    indicators::kind of{};
    std::string normalized;
    std::int64_t count = 0;
    timestamp first_at = 0, last_at = 0;  // of the events
    std::vector<match> matches;           // the first
};

struct watch_step {
    std::int64_t from = 0, next = 0;  // positions
    std::int64_t events_read = 0;
    std::vector<indicator_hits> hits;
    bool is_last = false;  // there is nothing more for now
};

/// Of one indicator; what is beyond is counted only.
inline constexpr std::int64_t watch_matches_max = 1'000;
/// Indicators of which a step finds as many end it.
inline constexpr std::size_t watch_hits_max = 1'000;

/// Where it stands; nothing if it never began.
result<std::optional<std::int64_t>> watch_position(read_session& session);
/// The position of the event that will be stored next.
result<std::int64_t> next_position(read_session& session);
/// Keeps a position from which it is to go on, or that there is none.
result<void> keep_position(write_session& session, std::optional<std::int64_t> next);

/// Looks at the next segments until the time is up, at one in any case.
result<watch_step> watch(read_session& session, const indicator_set& known, std::int64_t from,
                         std::chrono::milliseconds time_max);
/// Counts what was found. Whether the position was still as it was read.
result<bool> keep_watch(write_session& session, const watch_step& step, timestamp now);

}  // namespace carrel::siem
