#pragma once

#include "segments/position_list.hpp"
#include "segments/segment.hpp"
#include "siem/event_intake.hpp"

#include <optional>

namespace carrel::siem {

/// The sixteen bytes by which the ids of segments are ordered.
std::string key_of(const uuid& id);

/// A segment as it was read. Positions are never given again, so what has the same ones is the same.
struct segment_source {
    std::int64_t seq = 0, events = 0, first = 0, last = 0;
};

/// Removes a segment and its positions; does nothing, and returns false, if it is not there any more as it was read.
result<bool> take_out(write_session& session, const segment_source& source);

/// The first of `count` positions that nothing had before. Errors: SQLite's.
result<std::int64_t> take_positions(write_session& session, std::int64_t count);

/// Adds a row of `event_segments`, behind all others or under a number that is free, its summary and its positions. The order of the
/// numbers is always that of the positions. Errors: SQLite's.
result<void> insert_segment(write_session& session, const segments::segment& made,
                            const segments::position_list& positions, std::optional<std::int64_t> number = {});

}  // namespace carrel::siem
