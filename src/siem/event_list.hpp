#pragma once

#include "siem/event_page.hpp"
#include "siem/segment_scan.hpp"

namespace carrel::siem {

/// A page of events, as asked for.
struct event_list_request {
    event_conditions conditions;
    direction order = direction::newest_first;
    std::int64_t limit = 50;
    std::optional<event_place> after;  // only events behind it
};

/// The first events in the order, `limit` and one more; all have their JSON. Errors: SQLite's; SQLITE_CORRUPT for a segment
/// that is damaged; what ends the job.
result<event_page> list_events(read_session& session, const event_list_request& asked);

}  // namespace carrel::siem
