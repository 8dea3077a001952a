#pragma once

#include "resource/resource.hpp"

// What is done with alerts beside their fields: links between them, comments, decisions, one change of many.
namespace carrel::siem {

const resource& related_alerts();
const resource& alert_comments();

std::vector<operation> related_alert_operations();
std::vector<operation> alert_comment_operations();
/// Dismissing one, and taking one up again.
std::vector<operation> alert_decision_operations();
operation alert_changes_operation();
operation alert_months_operation();

}  // namespace carrel::siem
