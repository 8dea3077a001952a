#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> feed_operations() { return {}; }

std::vector<const resource*> feed_resources() { return {}; }

}  // namespace carrel::siem
