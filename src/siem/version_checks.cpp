#include "siem/version_checks.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

bool checks_version(const operation& what) noexcept {
    constexpr std::array<std::string_view, 12> named = {
        "test_action",
        "sync_rule_feed",
        "test_rule_feed",
        "sync_ioc_feed",
        "test_ioc_feed",
        "open_investigation",
        "link_investigation",
        "unlink_investigation",
        "execute_playbook",
        "approve_playbook_execution",
        "reject_playbook_execution",
        "add_rule_performance",
    };
    return std::find(named.begin(), named.end(), what.id) != named.end();
}

}  // namespace carrel::siem
