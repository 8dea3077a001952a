#pragma once

#include "resource/conditions.hpp"

#include <array>

// One change of many alerts: what is requested, and how far it has come.
namespace carrel::siem {

inline constexpr std::int64_t alert_changes_max = 1000;

enum class alert_action : std::int64_t { status, assign, tag, untag, disposition, link, unlink };
inline constexpr std::array<std::string_view, 7> alert_actions = {"status",      "assign", "tag",   "untag",
                                                                  "disposition", "link",   "unlink"};

struct alert_changes : input {
    alert_action action = alert_action::status;
    value given;  // of the member that the action takes
    std::string note;
    std::vector<std::string> ids;
    query_pairs filter;  // or what finds them
};

const std::vector<field>& alert_changes_fields();
std::optional<problem> check_alert_changes(const operation& what, call& request);
/// Changes one alert; what it answers is thrown away.
result<void> change_alert(write_session& session, const call& request, const alert_changes& wanted,
                          const std::string& id, reply& into);

}  // namespace carrel::siem
