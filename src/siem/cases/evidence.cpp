#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> evidence_operations() { return {}; }
std::vector<const resource*> evidence_resources() { return {}; }

}  // namespace carrel::siem
