#pragma once

#include "resource/resource.hpp"
#include "resource/state_machine.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

// Investigations: alerts that are worked on together, what was found, and how it ended.
namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class investigation_status : std::int64_t { open, in_progress, awaiting_review, resolved, false_positive, closed };
inline constexpr std::array<std::string_view, 6> investigation_statuses = {
    "open", "in_progress", "awaiting_review", "resolved", "false_positive", "closed"};
/// Ascending: `priority` sorts by rank.
inline constexpr std::array<std::string_view, 4> priorities = {"low", "medium", "high", "critical"};
inline constexpr std::array<std::string_view, 3> verdicts = {"true_positive", "false_positive", "inconclusive"};

const resource& investigations();
const resource& investigation_notes();

/// Where investigations keep what their own rules touch.
struct investigation_fields {
    std::size_t number, title, priority, status, assignee_id, closed_at, verdict, resolution_category, summary,
        affected_assets, ml_feedback, trigger_alert_id;
};
const investigation_fields& investigation_at();

bool is_closed(const record& investigation);
/// Refuses what would change an investigation that is closed.
result<void> require_open(const record& investigation, reply& into);
/// The machine of the status, by which all changes of it go.
const state_machine& investigation_machine();

/// Makes an investigation of a checked record, with its number.
result<void> open_investigation(write_session& session, const call& request, record& row, reply& into);

// -- operations, each group in a file of its own ---
operation close_investigation_operation();
operation delete_investigation_operation();
operation investigation_timeline_operation();
std::vector<operation> investigation_stats_operations();
/// Alerts of an investigation, and the investigation of an alert.
std::vector<operation> investigation_alert_operations();

}  // namespace carrel::siem
