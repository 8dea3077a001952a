#include "access/permission.hpp"

#include <algorithm>
#include <array>

namespace carrel::access {
namespace {

constexpr std::array<std::string_view, permission_count> permission_names = {
    "read:events",         "write:events",         "delete:events",  "read:alerts",
    "write:alerts",        "alert:acknowledge",    "alert:assign",   "alert:disposition",
    "read:rules",          "write:rules",          "read:actions",   "write:actions",
    "read:iocs",           "write:iocs",           "read:hunts",     "write:hunts",
    "read:investigations", "write:investigations", "read:listeners", "write:listeners",
    "read:users",          "write:users",          "admin:system",   "read:system",
};
static_assert(static_cast<std::size_t>(permission::read_system) + 1 == permission_count);
static_assert(permission_count <= 64);

using enum permission;

constexpr auto viewer = permission_set::of(
    {read_events, read_alerts, read_rules, read_actions, read_iocs, read_hunts, read_investigations, read_listeners});
constexpr auto analyst =
    viewer | permission_set::of({write_events, write_alerts, alert_acknowledge, alert_assign, alert_disposition,
                                 write_iocs, write_hunts, write_investigations});
constexpr auto engineer = analyst | permission_set::of({write_rules, write_actions, write_listeners, read_system});

constexpr std::array<built_in_role, 4> roles = {{
    {"viewer", "Reads everything but users", viewer},
    {"analyst", "Works on alerts, investigations, hunts and indicators", analyst},
    {"engineer", "Also changes rules, actions and listeners", engineer},
    {"admin", "May do everything", permission_set::all()},
}};

}  // namespace

std::string_view name_of(permission which) noexcept {
    const auto index = static_cast<std::size_t>(which);
    return index < permission_names.size() ? permission_names[index] : std::string_view();
}

std::optional<permission> permission_named(std::string_view name) noexcept {
    const auto* const found = std::find(permission_names.begin(), permission_names.end(), name);
    if (found == permission_names.end()) return std::nullopt;
    return static_cast<permission>(found - permission_names.begin());
}

std::vector<std::string_view> permission_set::names() const {
    std::vector<std::string_view> found;
    for (std::size_t i = 0; i < permission_count; ++i)
        if (has(static_cast<permission>(i))) found.push_back(permission_names[i]);
    return found;
}

std::span<const built_in_role> built_in_roles() noexcept { return roles; }

}  // namespace carrel::access
