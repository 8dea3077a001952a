#pragma once

#include "siem/event_range.hpp"
#include "siem/event_store.hpp"
#include "siem/segment_collector.hpp"
#include "siem/segment_scan.hpp"

#include <limits>
#include <optional>
#include <string>
#include <vector>

// How events go, whoever wants it: a read finds out what becomes of some segments and makes what stays of those that are cut;
// a mutation puts that in place, unless a segment has changed or an event of it is held by now. Both are bounded, so that
// nobody waits for long.
namespace carrel::siem {

/// Which events are to go.
struct removal {
    time_range range;
    std::int64_t before_position = std::numeric_limits<std::int64_t>::max();
    // Events up to here were looked at before. Segments may have been put together since, so their numbers would not tell.
    std::int64_t after_position = 0;
};

/// A segment that goes, or of which only a rest stays.
struct removal_piece {
    segment_source source;
    uuid from_id, to_id;
    std::vector<std::string> holds;    // what was held of these ids
    std::optional<made_segment> rest;  // under the same number
};

struct removal_step {
    std::vector<removal_piece> pieces;
    std::int64_t deleted = 0, held = 0;  // events
    std::int64_t bytes = 0;              // as stored, of what goes and of what is written
    std::int64_t after_position = 0;     // events up to here were looked at
    bool is_last = false;                // that was all of them

    bool is_full() const noexcept;
};

/// One segment as a removal sees it.
struct segment_outline {
    segment_source source;
    bool is_sealed = false;
    std::int64_t stored_bytes = 0;
    timestamp from_at = 0, to_at = 0;
    uuid from_id, to_id;
};
/// What `outline_of` reads, in its order, of event_segments and segment_positions.
inline constexpr std::string_view outline_columns =
    "seq, events, first, last, sealed, length(columns) + length(filter) + length(data), from_at, to_at, from_id, to_id";
segment_outline outline_of(const statement& row);

/// Adds to `step` what becomes of a segment. Errors: SQLite's; SQLITE_CORRUPT for one that is damaged.
result<void> add_segment(read_session& session, segment_scan& scan, const segment_outline& about, const removal& wanted,
                         removal_step& step);

/// The next step of a removal, in the order of positions.
result<removal_step> plan_removal(read_session& session, const removal& wanted);

/// Does a step; does nothing, and returns false, if it must be planned again.
result<bool> apply_removal(write_session& session, const removal_step& step);

}  // namespace carrel::siem
