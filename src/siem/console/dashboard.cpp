#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> dashboard_operations() { return {}; }
std::vector<const resource*> dashboard_resources() { return {}; }

}  // namespace carrel::siem
