#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> model_operations() { return {}; }
std::vector<const resource*> model_resources() { return {}; }

}  // namespace carrel::siem
