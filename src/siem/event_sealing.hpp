#pragma once

#include "siem/event_store.hpp"
#include "siem/segment_collector.hpp"

#include <carrel/session.hpp>

#include <optional>
#include <vector>

// What becomes of events after they were stored: many small segments become few, and rows of an earlier version become
// segments. Each step is a read, which does the work, and a mutation that puts its outcome in place of what it was made
// from: readers see either, and a crash between both loses nothing.
namespace carrel::siem {

/// Segments, or rows of `events`, and the segments that hold the same events.
struct sealed_run {
    std::vector<segment_source> sources;  // that are replaced: neighbours in the order of commit
    std::int64_t last_row = 0;            // of `events`: rows up to this one are replaced
    std::int64_t rows = 0;                // how many those are
    std::int64_t events = 0;
    std::vector<made_segment> made;
};

/// Reads the segments that should be put together now; nothing if there are none. Only neighbours are, so the positions
/// of no two segments are ever mixed.
/// Errors: SQLite's; SQLITE_CORRUPT for a segment that is damaged; what ends the job.
result<std::optional<sealed_run>> seal_segments(read_session& session);

/// The same for rows that an earlier version stored.
result<std::optional<sealed_run>> seal_rows(read_session& session);

/// Puts a run in place of what it was made from; does nothing, and returns false, if that is not all there any more, or
/// if it is rows that a deletion must look at first.
result<bool> replace(write_session& session, const sealed_run& run);

}  // namespace carrel::siem
