#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> action_operations() { return {}; }

std::vector<const resource*> action_resources() { return {}; }

}  // namespace carrel::siem
