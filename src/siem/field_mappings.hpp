#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Which paths of events give their columns a value, and what else the fields of events are called: the builtin ones, which
/// nobody changes, and those of clients.
const resource& field_mappings();

/// A conflict unless there is room for the mapping among those that are in force.
result<void> require_mapping_room(read_session& session, const record& row, reply& into);

operation mapping_trial_operation();      // POST /field-mappings/test
operation mapping_discovery_operation();  // POST /field-mappings/discover

}  // namespace carrel::siem
