#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

const resource& events();
std::vector<operation> event_operations();

/// Whether an event is stored. Errors: SQLite's; SQLITE_CORRUPT for a segment that is damaged.
result<bool> event_exists(read_session& session, std::string_view id);

/// What reads events: they are in segments, not in a table that the resource could read.
operation event_list_operation();
operation event_count_operation();
operation event_get_operation();
operation event_feed_operation();
/// The operation behind `GET /events/histogram`.
operation histogram_operation();
/// `DELETE /events` and the jobs it begins.
std::vector<operation> deletion_operations();
std::pair<std::string, std::string> deletion_schema();

}  // namespace carrel::siem
