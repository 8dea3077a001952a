#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Which paths of events give their columns a value, and what else the fields of events are called: the builtin ones, which
/// nobody changes, and those of clients.
const resource& field_mappings();

operation mapping_trial_operation();      // POST /field-mappings/test
operation mapping_discovery_operation();  // POST /field-mappings/discover

}  // namespace carrel::siem
