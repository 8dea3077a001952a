#pragma once

#include "siem/playbooks/step_definition.hpp"

#include <array>
#include <optional>
#include <string>

// What has to be allowed before a step runs, by whom, and what became of it.
namespace carrel::siem {

struct open_execution;

/// Kept in the database by place; `pending` and `escalated` are open. Only ever append.
enum class approval_status : std::int64_t { pending, approved, rejected, expired, escalated, cancelled };
inline constexpr std::array<std::string_view, 6> approval_statuses = {"pending", "approved",  "rejected",
                                                                      "expired", "escalated", "cancelled"};
/// Those that decide come first.
enum class approval_act : std::int64_t { approve, reject, escalate, comment, cancel };
inline constexpr std::array<std::string_view, 5> approval_acts = {"approve", "reject", "escalate", "comment", "cancel"};
/// What became of the message about a request.
enum class notice_state : std::int64_t { none, waiting, sending, sent, failed, unknown };
inline constexpr std::array<std::string_view, 6> notice_states = {"none", "waiting", "sending",
                                                                  "sent", "failed",  "unknown"};

constexpr bool is_open(approval_status of) noexcept {
    return of == approval_status::pending || of == approval_status::escalated;
}

const resource& approvals();
const resource& approval_actions();

/// Where approvals keep what decisions touch.
struct approval_fields {
    std::size_t id, execution_id, step_id, requested_by, status, mode, approvers, approvals_needed, approvers_counted,
        approval_count, rejection_count, allow_self_approval, escalation_level, escalates_at, escalate_to, expires_at,
        resolved_at, notice, notify_action, action_count;
};
const approval_fields& approval_at();

// -- the rules, as values ---

/// How many approvals are needed of how many that may give one; none are requested by name where `approvers` is 0.
std::int64_t approvals_needed(approval_mode mode, std::int64_t approvers, std::int64_t min_approvers) noexcept;
/// What a request is once so many have approved and rejected it: still pending, approved or rejected.
approval_status verdict(approval_mode mode, std::int64_t approvers, std::int64_t needed, std::int64_t approved,
                        std::int64_t rejected) noexcept;

// -- in the transaction of what asks for it ---

/// Makes the request of a step. A text says why nobody can ever approve it; then nothing is made.
result<std::string> request_approval(write_session& session, const open_execution& of, const step_definition& step,
                                     timestamp now);
/// Those that an execution waits for.
result<void> cancel_approvals(write_session& session, const std::string& execution_id, timestamp now);

/// What one says to a request: changes it, and lets the execution go on if that decides it.
struct approval_word {
    approval_act act = approval_act::comment;
    std::string comment;
    std::optional<std::int64_t> expected_version;
};
result<void> act_on(write_session& session, const call& request, const approval_word& word, reply& into);
/// The open request that an execution waits for.
result<std::optional<std::string>> open_approval_of(read_session& session, const std::string& execution_id);

// -- what time brings about ---

result<bool> has_due_approvals(read_session& session, timestamp now);
/// Ends some whose time is over, and escalates some that nobody looked at; how many. All is done when there are none.
result<std::int64_t> end_due_approvals(write_session& session, timestamp now);
/// Only the former.
result<std::int64_t> expire_approvals(write_session& session, timestamp now, std::int64_t most);

// -- the message about one ---

struct approval_notice {
    std::optional<record> action;
    std::string id, playbook_name, step_name, alert_id, expires_at, error;
    std::int64_t escalation_level = 0;
};
/// Writes down that the oldest message that waits is being sent.
result<std::optional<approval_notice>> take_notice(write_session& session);
result<bool> has_notice(read_session& session);
result<void> keep_notice(write_session& session, const std::string& id, bool is_sent, const std::string& detail);
/// Of those that a process before this one was sending nobody knows.
result<void> end_broken_off_notices(write_session& session);

}  // namespace carrel::siem
