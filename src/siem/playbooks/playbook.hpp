#pragma once

#include "resource/resource.hpp"

namespace carrel::siem {

/// What is to be done about an alert, step by step.
const resource& playbooks();

/// Where playbooks keep what executions take over.
struct playbook_fields {
    std::size_t id, name, description, enabled, priority, tags, triggers, steps, needs_alert, action_ids;
};
const playbook_fields& playbook_at();

std::vector<operation> playbook_own_operations();  // enable, disable, duplicate, validate, statistics
std::vector<operation> execution_operations();
std::vector<operation> approval_operations();

}  // namespace carrel::siem
