#pragma once

#include "indicators/kinds.hpp"
#include "resource/resource.hpp"

#include <array>

namespace carrel::siem {

/// Kept in the database by place, as `indicators::kind` has them: only ever append.
inline constexpr std::array<std::string_view, 11> indicator_kinds = {
    "ip", "cidr", "domain", "hash", "url", "email", "filename", "registry_key", "cve", "ja3", "user_agent"};

enum class indicator_status { active, deprecated, archived, whitelist };
inline constexpr std::array<std::string_view, 4> indicator_statuses = {"active", "deprecated", "archived", "whitelist"};

/// Indicators of compromise: values that, where an event has them, tell of an attack.
const resource& iocs();

/// Where indicators keep what their own rules touch.
struct indicator_fields {
    std::size_t id, type, value, normalized, status, severity, confidence, description, tags, source, references,
        techniques, first_seen, last_seen, expires_at, hit_count, feed_id, external_id, imported_at;
};
const indicator_fields& ioc_at();

/// When one expires for which nobody says when.
timestamp expiry_of(indicators::kind of, timestamp now) noexcept;
/// All forms that a value may have as an indicator of whatever kind.
std::vector<std::string> forms_of(std::string_view value);

std::vector<operation> indicator_import_operations();
std::vector<operation> hunt_operations();
std::vector<const resource*> hunt_resources();

/// Archives some of the active ones whose time has come; how many. All is done when there are none.
result<std::int64_t> archive_expired(write_session& session, timestamp now);

}  // namespace carrel::siem
