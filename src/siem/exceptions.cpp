#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> exception_operations() { return {}; }

std::vector<const resource*> exception_resources() { return {}; }

}  // namespace carrel::siem
