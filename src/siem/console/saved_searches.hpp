#pragma once

#include "resource/resource.hpp"

// Questions about events that are kept: public ones are everybody's, private ones their owner's.
namespace carrel::siem {

const resource& saved_searches();

/// Whether the caller may see what is private of others.
bool sees_all_searches(const call& request) noexcept;
/// 404 for what the path names and the caller must not see.
result<void> require_visible_search(read_session& session, const call& request, reply& into);

/// The parameters of the list of events that a search stands for.
std::vector<std::pair<std::string, std::string>> event_parameters(const record& search);
/// Faults of its `filters`, by their names.
void check_event_filters(const call& request, const record& search, std::vector<fault>& faults);

operation saved_search_run_operation();  // GET /saved-searches/{id}/run

}  // namespace carrel::siem
