#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> field_mapping_operations() { return {}; }

std::vector<const resource*> field_mapping_resources() { return {}; }

}  // namespace carrel::siem
