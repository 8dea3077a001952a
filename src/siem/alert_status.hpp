#pragma once

#include "resource/resource.hpp"

#include <array>

// The words of an alert, and which status may follow which.
namespace carrel::siem {

/// Ascending: `severity` sorts by rank.
inline constexpr std::array<std::string_view, 5> severities = {"informational", "low", "medium", "high", "critical"};

inline constexpr std::array<std::string_view, 6> dispositions = {"undetermined", "true_positive", "false_positive",
                                                                 "benign",       "suspicious",    "inconclusive"};

/// Kept in the database by place: only ever append.
enum class alert_status : std::size_t {
    pending,
    acknowledged,
    investigating,
    resolved,
    escalated,
    dismissed,
    false_positive,
    closed
};
inline constexpr std::array<std::string_view, 8> alert_statuses = {
    "pending", "acknowledged", "investigating", "resolved", "escalated", "dismissed", "false_positive", "closed"};

inline constexpr auto alert_transitions = [] {
    using enum alert_status;
    const auto t = [](alert_status from, alert_status to) {
        return edge{static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
    };
    return std::array{
        t(pending, acknowledged),
        t(pending, dismissed),
        t(pending, false_positive),
        t(pending, closed),
        t(acknowledged, investigating),
        t(acknowledged, dismissed),
        t(acknowledged, false_positive),
        t(acknowledged, closed),
        t(investigating, resolved),
        t(investigating, escalated),
        t(investigating, dismissed),
        t(investigating, false_positive),
        t(investigating, closed),
        t(resolved, closed),
        t(escalated, closed),
        t(dismissed, closed),
        t(false_positive, closed),
    };
}();

}  // namespace carrel::siem
