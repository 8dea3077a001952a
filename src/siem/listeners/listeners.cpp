#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> listener_operations() { return {}; }
std::vector<const resource*> listener_resources() { return {}; }

}  // namespace carrel::siem
