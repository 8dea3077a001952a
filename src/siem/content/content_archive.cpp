#include "siem/aggregates.hpp"

namespace carrel::siem {

std::vector<operation> content_archive_operations() { return {}; }
std::vector<const resource*> content_archive_resources() { return {}; }

}  // namespace carrel::siem
