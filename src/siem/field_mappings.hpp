#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// Which paths of events give their columns a value, and what else the fields of events are called: the builtin ones, which
/// nobody changes, and those of clients.
const resource& field_mappings();

/// POST /field-mappings/test and /field-mappings/discover.
std::vector<operation> mapping_trial_operations();

}  // namespace carrel::siem
