#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> attack_operations() { return {}; }

std::vector<const resource*> attack_resources() { return {}; }

}  // namespace carrel::siem
