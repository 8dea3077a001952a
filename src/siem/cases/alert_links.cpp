#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> alert_link_operations() { return {}; }
std::vector<const resource*> alert_link_resources() { return {}; }

}  // namespace carrel::siem
