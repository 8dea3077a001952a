#pragma once

#include "segments/segment.hpp"
#include "siem/event_intake.hpp"

namespace carrel::siem {

/// The sixteen bytes by which the ids of segments are ordered.
std::string key_of(const uuid& id);

/// Adds a row of `event_segments`. Errors: SQLite's.
result<void> insert_segment(write_session& session, const segments::segment& made);

}  // namespace carrel::siem
