#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> correlation_rule_operations() { return {}; }

std::vector<const resource*> correlation_rule_resources() { return {}; }

}  // namespace carrel::siem
