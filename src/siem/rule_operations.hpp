#pragma once

#include "resource/operation.hpp"

#include <vector>

// What rules have beside what all resources have. See rules.hpp.
namespace carrel::siem {

std::vector<operation> rule_import_operations();       // POST /rules/import and /rules/validate
operation rule_export_operation();                     // GET /rules/export
std::vector<operation> rule_performance_operations();  // GET and POST /rules/{id}/performance, false positives
operation slow_rules_operation();                      // GET /rules/slow

/// Switches off some of the rules whose last day has come. How many.
result<std::int64_t> sunset_rules(write_session& session, timestamp now);
result<bool> has_sunset_rules(read_session& session, timestamp now);

}  // namespace carrel::siem
