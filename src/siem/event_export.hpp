#pragma once

#include "siem/event_conditions.hpp"

// All events that pass, row by row, in bounded memory: each read makes one piece, in a snapshot of its own, and tells where
// the next one goes on. By default they come in the order of their ids, which is that of their receipt; so segments are
// read once, one after the other, and putting them together meanwhile neither repeats an event nor leaves one out.
namespace carrel::siem {

/// Checks a request for rows: filters, `fields`, `sort`, `limit` and `after`.
std::optional<problem> check_event_export(const operation& what, call& request);
/// Makes the next piece and, unless it is the last, `reply::rest`.
result<void> export_events(const operation& what, read_session& session, const call& request, reply& into);

}  // namespace carrel::siem
