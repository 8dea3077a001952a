#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> indicator_operations() { return {}; }

std::vector<const resource*> indicator_resources() { return {}; }

}  // namespace carrel::siem
