#pragma once

#include "segments/segment.hpp"
#include "siem/event_conditions.hpp"

#include <carrel/session.hpp>

#include <functional>

namespace carrel::siem {

/// What is kept of an event beside its text, from a row of id, timestamp, received_at, source, host, channel, event_code
/// and severity; nothing for an id that no version made. Views are valid until the row goes.
std::optional<segments::event_head> loose_head(const statement& row);

/// What `each_loose_event` calls; false ends it.
using loose_visitor = std::function<bool(const segments::event_head&, std::string_view fields)>;

/// Visits the events that an earlier version stored as rows of `events` and that have not been moved into segments yet:
/// those that pass the conditions and come behind `after`, in order.
result<void> each_loose_event(read_session& session, const event_conditions& conditions, direction order,
                              const std::optional<event_place>& after, const loose_visitor& visit);

}  // namespace carrel::siem
