#pragma once

#include "resource/resource.hpp"

// The aggregates, each in files of its own: what they offer, and which resources they are.
namespace carrel::siem {

std::vector<operation> event_operations();
std::vector<operation> deletion_operations();
std::vector<operation> alert_operations();
std::vector<operation> rule_operations();
std::vector<operation> attack_operations();
std::vector<operation> exception_operations();
std::vector<operation> correlation_rule_operations();
std::vector<operation> action_operations();
std::vector<operation> field_mapping_operations();
std::vector<operation> indicator_operations();
std::vector<operation> feed_operations();
std::vector<operation> account_operations();
std::vector<operation> audit_operations();
std::vector<operation> investigation_operations();
std::vector<operation> evidence_operations();
std::vector<operation> alert_link_operations();
std::vector<operation> saved_search_operations();
std::vector<operation> dashboard_operations();
std::vector<operation> system_metadata_operations();
std::vector<operation> playbook_operations();
std::vector<operation> model_operations();
std::vector<operation> listener_operations();
std::vector<operation> content_archive_operations();
std::vector<operation> dead_letter_operations();

std::vector<const resource*> rule_resources();
std::vector<const resource*> attack_resources();
std::vector<const resource*> exception_resources();
std::vector<const resource*> correlation_rule_resources();
std::vector<const resource*> action_resources();
std::vector<const resource*> field_mapping_resources();
std::vector<const resource*> indicator_resources();
std::vector<const resource*> feed_resources();
std::vector<const resource*> account_resources();
std::vector<const resource*> audit_resources();
std::vector<const resource*> investigation_resources();
std::vector<const resource*> evidence_resources();
std::vector<const resource*> alert_link_resources();
std::vector<const resource*> saved_search_resources();
std::vector<const resource*> dashboard_resources();
std::vector<const resource*> system_metadata_resources();
std::vector<const resource*> playbook_resources();
std::vector<const resource*> model_resources();
std::vector<const resource*> listener_resources();
std::vector<const resource*> content_archive_resources();
std::vector<const resource*> dead_letter_resources();

}  // namespace carrel::siem
