#pragma once

#include "resource/resource.hpp"
#include "siem/event_body.hpp"

namespace carrel::siem {

const resource& events();
std::vector<operation> event_operations();

/// What reads events: they are in segments, not in a table that the resource could read.
operation event_list_operation();
operation event_count_operation();
operation event_get_operation();
operation events_get_operation();
operation event_around_operation();
operation event_top_operation();
operation event_values_operation();
operation event_stats_operation();
operation event_feed_operation();
/// The operation behind `GET /events/histogram`.
operation histogram_operation();
/// `DELETE /events` and the jobs it begins.
std::vector<operation> deletion_operations();
std::pair<std::string, std::string> deletion_schema();

/// What the query of `POST /events` asks for.
struct ingest_input : input {
    std::string unwrap, identity_path;  // dotted; empty: not requested
};

/// The body of `POST /events`.
std::unique_ptr<event_body> make_body(bool is_line_by_line, const std::string& unwrap);

}  // namespace carrel::siem
