#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> playbook_operations() { return {}; }
std::vector<const resource*> playbook_resources() { return {}; }

}  // namespace carrel::siem
