#pragma once

#include "siem/event_page.hpp"
#include "siem/segment_scan.hpp"

#include <functional>

namespace carrel::siem {

/// A page of events, as requested.
struct event_list_request {
    event_conditions conditions;
    direction order = direction::newest_first;
    std::int64_t limit = 50;
    std::optional<event_place> after;  // only events behind it
};

/// Writes one event of a page.
using event_writer = std::function<void(const segments::event_head&, std::string_view fields, std::string& out)>;

/// The first events in the order, `limit` and one more, all of them written: as JSON if nothing else is given. Errors: SQLite's;
/// SQLITE_CORRUPT for a segment that is damaged; what ends the job.
result<event_page> list_events(read_session& session, const event_list_request& parameters,
                               const event_writer& write = append_event);

}  // namespace carrel::siem
