#pragma once

#include "sigma/fault_log.hpp"
#include "sigma/member_reader.hpp"
#include "sigma/rule.hpp"

namespace carrel::sigma {

/// Reads what all kinds of rules have in common; what is wrong goes to the log.
void read_metadata(rule& into, const member_reader& members, fault_log& log);

/// Reads `logsource`, which names at least one of category, product and service.
void read_log_source(log_source& into, const member_reader& members, fault_log& log);

}  // namespace carrel::sigma
