#pragma once

#include "siem/playbooks/execution.hpp"

#include <boost/json/value.hpp>

// How executions go on. Nothing here waits for anybody: a step that does is handed out when its intent is written down, and its outcome is
// written down when it comes back. Times are the caller's.
namespace carrel::siem {

/// Who can do a step: the server in the transaction itself, or a thread that waits for somebody else.
enum class work_lane : std::int64_t { own, others };

/// A step whose effect may begin once the transaction that made this has committed.
struct step_to_do {
    std::int64_t execution = 0, step = 0;  // rows
    std::int64_t attempt = 0;
    std::string execution_id, playbook_id, playbook_name;
    step_definition what;          // placeholders filled in
    std::optional<record> action;  // the stored action that it names
    boost::json::value alert;      // null, or an object
};

struct step_outcome {
    step_status status = step_status::failed;  // succeeded, failed or unknown
    std::int64_t answer_status = 0;            // of HTTP or SMTP, or of a command's end; 0: none
    std::string error;
    boost::json::value output;  // null: none
    std::int64_t wait_s = 0;    // that the receiver wants before the next attempt
};

/// Whether anything is due, so that the writer is left alone otherwise.
result<bool> has_due_step(read_session& session, work_lane lane, timestamp now);

struct taken_step {
    bool has_worked = false;
    std::optional<step_to_do> to_do;  // on the lane of others only
};
/// Goes on with the execution that is due and has the highest priority: with all that the server does by itself, or up to the
/// point where a request to somebody else is due.
result<taken_step> take_step(write_session& session, work_lane lane, timestamp now);

/// Whether a step that has failed after so many attempts is tried again. It is only if its author says that the effect may happen
/// twice.
bool may_try_again(const step_definition& what, std::int64_t attempts) noexcept;

/// Writes down what came of a step that was handed out, and what comes next.
result<void> keep_outcome(write_session& session, const step_to_do& step, const step_outcome& outcome, timestamp now);

/// A step that was handed out and has not begun, since the server stops: as if it had not been.
result<void> put_back(write_session& session, const step_to_do& step, timestamp now);

/// What a process before this one had begun and not written down the end of. How many that were.
result<std::int64_t> end_broken_off(write_session& session, timestamp now);

/// The step that waited for an approval has it, or never gets it: `refused` says why.
result<void> resume_execution(write_session& session, const std::string& execution_id, const std::string& step_id,
                              const std::string& refused, timestamp now);

/// Ends an execution that is open: what has not begun does not begin.
result<void> cancel_steps(write_session& session, std::int64_t execution, timestamp now);

}  // namespace carrel::siem
