#pragma once

#include "resource/operation.hpp"

namespace carrel::siem {

operation execution_stats_operation();           // GET /playbook-executions/stats
operation playbook_execution_stats_operation();  // GET /playbooks/{id}/stats

}  // namespace carrel::siem
