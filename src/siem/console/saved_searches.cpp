#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> saved_search_operations() { return {}; }
std::vector<const resource*> saved_search_resources() { return {}; }

}  // namespace carrel::siem
