#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> system_metadata_operations() { return {}; }
std::vector<const resource*> system_metadata_resources() { return {}; }

}  // namespace carrel::siem
