#pragma once

#include "resource/resource.hpp"
#include "siem/event_body.hpp"

namespace carrel::siem {

const resource& events();
std::vector<operation> event_operations();

/// Whether an event is stored. Errors: SQLite's; SQLITE_CORRUPT for a segment that is damaged.
result<bool> event_exists(read_session& session, std::string_view id);

/// What reads events: they are in segments, not in a table that the resource could read.
operation event_list_operation();
operation event_count_operation();
operation event_get_operation();
/// The operation behind `GET /events/histogram`.
operation histogram_operation();

/// What the query of `POST /events` asks for.
struct ingest_input : input {
    std::string unwrap, identity_path;  // dotted; empty: not asked for
};

/// The body of `POST /events`.
std::unique_ptr<event_body> make_body(bool is_line_by_line, const std::string& unwrap);

}  // namespace carrel::siem
