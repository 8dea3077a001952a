#pragma once

#include "siem/playbooks/execution_engine.hpp"

namespace carrel::siem {

/// An execution as its engine reads it.
struct open_execution {
    std::int64_t row = 0, current = 0, steps = 0, depth = 0;
    execution_status status{};
    std::string id, playbook_id, playbook_name, alert_id, investigation_id, created_by;
};
struct open_step {
    std::int64_t row = 0, attempts = 0;
    step_status status{};
    bool is_approved = false;
    step_definition what;
};

result<std::optional<open_execution>> read_execution(read_session& session, std::int64_t row);
result<std::optional<open_step>> read_open_step(read_session& session, const std::string& execution_id,
                                                std::int64_t position);
/// Its alert, if it is about one that is still there.
result<std::optional<record>> alert_of(read_session& session, const open_execution& of);

/// The state of a step that is not over.
result<void> set_step(write_session& session, std::int64_t step, step_status status);
result<void> end_step(write_session& session, std::int64_t step, const step_outcome& outcome, timestamp now);

/// The next step is due on a lane, from `due_at` on.
result<void> make_due(write_session& session, std::int64_t execution, work_lane lane, timestamp due_at, timestamp now);
/// A step is over: the next one, or the end. `counts` is whether it failed.
result<void> advance(write_session& session, const open_execution& of, bool has_failed, timestamp now);
/// No step follows any more.
result<void> end_execution(write_session& session, const open_execution& of, execution_status status,
                           const std::string& error, timestamp now);
/// What comes of a step that failed for good: the next one or the end, as its author said.
result<void> pass_failure(write_session& session, const open_execution& of, const step_definition& what,
                          const std::string& why, timestamp now);

}  // namespace carrel::siem
