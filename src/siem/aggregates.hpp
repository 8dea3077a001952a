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

}  // namespace carrel::siem
