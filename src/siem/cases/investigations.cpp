#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> investigation_operations() { return {}; }
std::vector<const resource*> investigation_resources() { return {}; }

}  // namespace carrel::siem
