#pragma once

#include "resource/resource.hpp"

// MITRE ATT&CK as resources below /mitre. What rules name of it is found by the tables of a rule's items.
namespace carrel::siem {

const resource& attack_tactics();
const resource& attack_matrices();
const resource& attack_techniques();
const resource& attack_data_sources();
const resource& attack_data_components();

/// POST /mitre/import.
operation attack_import_operation();
/// GET /mitre/matrix, /mitre/coverage and /mitre/statistics.
std::vector<operation> attack_report_operations();

}  // namespace carrel::siem
