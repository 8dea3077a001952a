#pragma once

#include "siem/playbooks/step_definition.hpp"

#include <array>
#include <optional>
#include <string>

// A playbook at work: its steps as they were when it began, and how far it has come.
namespace carrel::siem {

/// Kept in the database by place, and those before `completed` are open: only ever append.
enum class execution_status : std::int64_t { pending, running, waiting, completed, failed, cancelled, skipped };
inline constexpr std::array<std::string_view, 7> execution_statuses = {"pending", "running",   "waiting", "completed",
                                                                       "failed",  "cancelled", "skipped"};
/// `running` is an effect that may have begun; one that nobody knows the end of is `unknown`.
enum class step_status : std::int64_t { pending, waiting, running, succeeded, failed, unknown, skipped };
inline constexpr std::array<std::string_view, 7> step_statuses = {"pending", "waiting", "running", "succeeded",
                                                                  "failed",  "unknown", "skipped"};
enum class execution_trigger : std::int64_t { manual, alert };
inline constexpr std::array<std::string_view, 2> execution_triggers = {"manual", "alert"};

const resource& executions();
const resource& execution_steps();

inline constexpr std::int64_t open_executions_max = 10'000;
/// Playbooks that start each other by what they change: how long such a chain may be.
inline constexpr std::int64_t depth_max = 3;

struct execution_request {
    std::string id;
    std::string alert_id, investigation_id;  // empty: none
    execution_trigger trigger = execution_trigger::manual;
    std::int64_t depth = 0;
    std::string by;     // empty: nobody, or nobody that is known
    std::string error;  // not empty: it is not to run, and why
    timestamp now = 0;
};

/// Stores an execution with its steps. One of a trigger that there is already is left alone: false.
result<bool> start_execution(write_session& session, const record& playbook, const execution_request& what);
/// Whether there is room for another one.
result<bool> may_start(read_session& session);

}  // namespace carrel::siem
