#include "siem/aggregates.hpp"
#include "siem/content/content_choice.hpp"

namespace carrel::siem {

std::vector<operation> content_archive_operations() {
    std::vector<operation> all = content_export_operations();
    all.push_back(content_restore_operation());
    return all;
}

std::vector<const resource*> content_archive_resources() { return {}; }

}  // namespace carrel::siem
