#include "siem/playbooks/execution_engine.hpp"

#include "siem/actions.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"
#include "siem/playbooks/alert_template.hpp"
#include "siem/playbooks/approval.hpp"
#include "siem/playbooks/execution_rows.hpp"
#include "siem/playbooks/own_steps.hpp"
#include "siem/playbooks/retry_delay.hpp"
#include "siem/playbooks/step_parameters.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

std::int64_t place(work_lane of) { return static_cast<std::int64_t>(of); }

// A clock that was set back does not keep a step waiting for longer than the longest delay.
constexpr std::string_view due =
    "FROM playbook_executions INDEXED BY playbook_executions_due WHERE status < 2 AND busy = 0 AND lane = ?1 "
    "AND (due_at <= ?2 OR due_at > ?3) ";
constexpr timestamp delay_max = timestamp{retry_delay_s_max} * 1'000'000;

result<std::optional<std::int64_t>> due_row(read_session& session, work_lane lane, timestamp now) {
    static const std::string sql = "SELECT seq " + std::string(due) + "ORDER BY priority DESC, due_at LIMIT 1";
    return session.first_integer(read_sql::dynamic(sql), place(lane), now, now + delay_max);
}

step_outcome failure_of(std::string why) {
    return {.status = step_status::failed, .error = std::move(why), .output = {}};
}

result<void> fail_step(write_session& session, const open_execution& of, const open_step& step, const std::string& why,
                       timestamp now) {
    if (auto done = end_step(session, step.row, failure_of(why), now); !done) return done;
    return pass_failure(session, of, step.what, why, now);
}

// Fills in what the alert says, and looks at what has come of it. Nothing if the step has failed by that.
result<std::optional<step_definition>> filled_step(write_session& session, const open_execution& of,
                                                   const open_step& step, const record* alert, timestamp now) {
    const auto refuse = [&](const std::string& why) -> result<std::optional<step_definition>> {
        if (auto done = fail_step(session, of, step, why, now); !done) return done.error();
        return std::optional<step_definition>();
    };
    auto parameters = fill_in(step.what.parameters, alert);
    if (!parameters) return refuse(parameters.error().text);
    std::vector<fault> faults;
    check_filled(step.what, *parameters, faults);
    if (!faults.empty()) return refuse(faults.front().field + " " + faults.front().detail);
    step_definition made = step.what;
    made.parameters = parameters->as_object();
    return std::optional(std::move(made));
}

// -- the lane of the server itself ---

enum class next_move { go_on, stop };

result<next_move> do_own(write_session& session, const open_execution& of, const open_step& step, const record* alert,
                         timestamp now) {
    auto what = filled_step(session, of, step, alert, now);
    if (!what) return what.error();
    if (!*what) return next_move::go_on;
    auto outcome = do_own_step(session, **what, {of.playbook_id, of.alert_id, of.investigation_id, of.depth, now});
    if (!outcome) return outcome.error();
    if (outcome->status == step_status::failed) {
        if (auto done = fail_step(session, of, step, outcome->error, now); !done) return done.error();
        return next_move::go_on;
    }
    if (auto done = end_step(session, step.row, *outcome, now); !done) return done.error();
    if (auto done = advance(session, of, false, now); !done) return done.error();
    return next_move::go_on;
}

result<next_move> skip(write_session& session, const open_execution& of, const open_step& step, timestamp now) {
    step_outcome outcome;
    outcome.status = step_status::skipped;
    if (auto done = end_step(session, step.row, outcome, now); !done) return done.error();
    if (auto done = advance(session, of, false, now); !done) return done.error();
    return next_move::go_on;
}

result<next_move> ask(write_session& session, const open_execution& of, const open_step& step, timestamp now) {
    auto refused = request_approval(session, of, step.what, now);
    if (!refused) return refused.error();
    if (!refused->empty()) {
        if (auto done = fail_step(session, of, step, *refused, now); !done) return done.error();
        return next_move::go_on;
    }
    if (auto done = set_step(session, step.row, step_status::waiting); !done) return done.error();
    auto waits = session.execute(
        "UPDATE playbook_executions SET version = version + 1, updated_at = ?1, started_at = ifnull(started_at, ?1), "
        "status = 2 WHERE seq = ?2",
        now, of.row);
    if (!waits) return waits.error();
    return next_move::stop;
}

result<next_move> do_next(write_session& session, std::int64_t row, timestamp now) {
    auto of = read_execution(session, row);
    if (!of) return of.error();
    if (!*of || (*of)->status > execution_status::running) return next_move::stop;
    auto step = read_open_step(session, (*of)->id, (*of)->current);
    if (!step) return step.error();
    if (!*step) {
        if (auto done = end_execution(session, **of, execution_status::failed, "its steps are gone", now); !done)
            return done.error();
        return next_move::stop;
    }
    auto alert = alert_of(session, **of);
    if (!alert) return alert.error();
    const record* const about = *alert ? &**alert : nullptr;
    const bool is_wanted =
        about == nullptr ? (*step)->what.conditions.empty() : all_hold((*step)->what.conditions, *about);
    // What was approved is done, whatever the alert has become meanwhile.
    if (!is_wanted && !(*step)->is_approved) return skip(session, **of, **step, now);
    if ((*step)->what.approval.is_required && !(*step)->is_approved) return ask(session, **of, **step, now);
    if (is_own_work((*step)->what.type)) return do_own(session, **of, **step, about, now);
    if (auto done = make_due(session, row, work_lane::others, now, now); !done) return done.error();
    return next_move::stop;
}

// -- the lane of others ---

boost::json::value shown_alert(const record* alert) {
    if (alert == nullptr) return nullptr;
    const auto text = [&](std::string_view name) {
        const std::string* held = alert->text(alerts().position(name));
        return held == nullptr ? boost::json::value() : boost::json::value(boost::json::string(*held));
    };
    const auto name = [](std::span<const std::string_view> of, std::int64_t at) {
        const std::string_view one = of[static_cast<std::size_t>(at)];
        return boost::json::string(one.data(), one.size());
    };
    return boost::json::object{
        {"id", text("id")},
        {"title", text("title")},
        {"severity", name(severities, alert->integer(alerts().position("severity")))},
        {"status", name(alert_statuses, alert->integer(alerts().position("status")))},
    };
}

// The action as it is now; nothing, and a reason, if it cannot be used.
result<std::optional<record>> usable_action(read_session& session, const step_definition& what, std::string& why) {
    const std::string id = what.parameter("action_id");
    if (id.empty()) return std::optional<record>();
    auto row = find(actions(), session, id);
    if (!row) return row.error();
    if (!*row) why = "the action is no longer there";
    else if ((*row)->integer(actions().position("enabled")) == 0) why = "the action is switched off";
    else if (!can_use(what.type, static_cast<action_type>((*row)->integer(actions().position("type")))))
        why = "the action is of another type by now";
    return row;
}

result<std::optional<step_to_do>> hand_out(write_session& session, std::int64_t row, timestamp now) {
    auto of = read_execution(session, row);
    if (!of) return of.error();
    if (!*of) return std::optional<step_to_do>();
    auto step = read_open_step(session, (*of)->id, (*of)->current);
    if (!step) return step.error();
    auto alert = alert_of(session, **of);
    if (!alert) return alert.error();
    const record* const about = *alert ? &**alert : nullptr;
    auto what = filled_step(session, **of, **step, about, now);
    if (!what) return what.error();
    if (!*what) return std::optional<step_to_do>();
    std::string why;
    auto action = usable_action(session, **what, why);
    if (!action) return action.error();
    if (!why.empty()) {
        if (auto done = fail_step(session, **of, **step, why, now); !done) return done.error();
        return std::optional<step_to_do>();
    }
    auto begun = session.execute(
        "UPDATE playbook_execution_steps SET status = 2, attempts = attempts + 1, started_at = ifnull(started_at, ?1), "
        "next_attempt_at = NULL WHERE seq = ?2",
        now, (*step)->row);
    if (!begun) return begun.error();
    auto held = session.execute(
        "UPDATE playbook_executions SET version = version + 1, updated_at = ?, busy = 1 WHERE seq = ?", now, row);
    if (!held) return held.error();
    return std::optional(step_to_do{row, (*step)->row, (*step)->attempts + 1, (*of)->id, (*of)->playbook_id,
                                    (*of)->playbook_name, std::move(**what), std::move(*action), shown_alert(about)});
}

result<void> try_later(write_session& session, std::int64_t execution, std::int64_t step, const step_definition& what,
                       std::int64_t attempts, const step_outcome& outcome, timestamp now) {
    const timestamp at = now + std::max(retry_delay(what.retry_delay_s, attempts), outcome.wait_s * 1'000'000);
    auto kept = session.execute(
        "UPDATE playbook_execution_steps SET status = 0, next_attempt_at = ?, answer_status = ?, error = ? WHERE seq = "
        "?",
        at, outcome.answer_status == 0 ? value() : value(outcome.answer_status), outcome.error, step);
    if (!kept) return kept;
    return make_due(session, execution, work_lane::others, at, now);
}

result<void> settle(write_session& session, std::int64_t execution, std::int64_t step_row, const step_definition& what,
                    std::int64_t attempts, const step_outcome& outcome, timestamp now) {
    auto of = read_execution(session, execution);
    if (!of) return of.error();
    if (!*of) return {};
    const bool is_open = (*of)->status < execution_status::completed;
    const bool is_done = outcome.status == step_status::succeeded;
    if (is_open && !is_done && may_try_again(what, attempts))
        return try_later(session, execution, step_row, what, attempts, outcome, now);
    if (auto done = end_step(session, step_row, outcome, now); !done) return done;
    // It was cancelled meanwhile: what happened is reported, and nothing follows.
    if (!is_open) return session.execute("UPDATE playbook_executions SET busy = 0 WHERE seq = ?", execution);
    if (is_done) return advance(session, **of, false, now);
    return pass_failure(session, **of, what, outcome.error, now);
}

}  // namespace

bool may_try_again(const step_definition& what, std::int64_t attempts) noexcept {
    return what.is_retry_safe && attempts <= what.retries;
}

result<bool> has_due_step(read_session& session, work_lane lane, timestamp now) {
    auto row = due_row(session, lane, now);
    if (!row) return row.error();
    return row->has_value();
}

result<taken_step> take_step(write_session& session, work_lane lane, timestamp now) {
    auto row = due_row(session, lane, now);
    if (!row) return row.error();
    taken_step made;
    if (!*row) return made;
    made.has_worked = true;
    if (lane == work_lane::others) {
        auto step = hand_out(session, **row, now);
        if (!step) return step.error();
        made.to_do = std::move(*step);
        return made;
    }
    // As many as an execution has at most.
    for (std::int64_t i = 0; i < steps_max; ++i) {
        auto next = do_next(session, **row, now);
        if (!next) return next.error();
        if (*next == next_move::stop) break;
    }
    return made;
}

// An execution that was deleted meanwhile may have left its rows to another one: its id is its own.
result<void> keep_outcome(write_session& session, const step_to_do& step, const step_outcome& outcome, timestamp now) {
    auto is_open = session.first_integer(
        read_sql("SELECT 1 FROM playbook_execution_steps WHERE seq = ? AND execution_id = ? AND status = 2 AND "
                 "attempts = ?"),
        step.step, step.execution_id, step.attempt);
    if (!is_open) return is_open.error();
    if (!*is_open) return {};
    return settle(session, step.execution, step.step, step.what, step.attempt, outcome, now);
}

result<void> put_back(write_session& session, const step_to_do& step, timestamp now) {
    auto back = session.execute(
        "UPDATE playbook_execution_steps SET status = 0, attempts = attempts - 1 WHERE seq = ? AND execution_id = ? "
        "AND "
        "status = 2 AND attempts = ?",
        step.step, step.execution_id, step.attempt);
    if (!back) return back;
    return session.execute(
        "UPDATE playbook_executions SET version = version + 1, updated_at = ?, busy = 0 WHERE seq = ? AND id = ? AND "
        "busy = 1",
        now, step.execution, step.execution_id);
}

result<std::int64_t> end_broken_off(write_session& session, timestamp now) {
    auto busy = session.all<std::int64_t>(
        read_sql("SELECT seq FROM playbook_executions INDEXED BY playbook_executions_busy WHERE busy = 1"));
    if (!busy) return busy.error();
    step_outcome outcome;
    outcome.status = step_status::unknown;
    outcome.error = "the server stopped while it ran: whether it had its effect is not known";
    for (const std::int64_t row : *busy) {
        auto of = read_execution(session, row);
        if (!of) return of.error();
        auto step = read_open_step(session, (*of)->id, (*of)->current);
        if (!step) return step.error();
        const bool is_running = *step && (*step)->status == step_status::running;
        auto done = !is_running ? session.execute("UPDATE playbook_executions SET busy = 0 WHERE seq = ?", row)
                                : settle(session, row, (*step)->row, (*step)->what, (*step)->attempts, outcome, now);
        if (!done) return done.error();
    }
    return static_cast<std::int64_t>(busy->size());
}

result<void> resume_execution(write_session& session, const std::string& execution_id, const std::string& step_id,
                              const std::string& refused, timestamp now) {
    auto row = session.first_integer(read_sql("SELECT seq FROM playbook_executions WHERE id = ? AND status = 2"),
                                     execution_id);
    if (!row) return row.error();
    if (!*row) return {};
    auto of = read_execution(session, **row);
    if (!of) return of.error();
    auto step = read_open_step(session, execution_id, (*of)->current);
    if (!step) return step.error();
    if (!*step || (*step)->what.id != step_id || (*step)->status != step_status::waiting) return {};
    if (!refused.empty()) return fail_step(session, **of, **step, refused, now);
    auto approved =
        session.execute("UPDATE playbook_execution_steps SET status = 0, is_approved = 1 WHERE seq = ?", (*step)->row);
    if (!approved) return approved;
    return make_due(session, **row, work_lane::own, now, now);
}

result<void> cancel_steps(write_session& session, std::int64_t execution, timestamp now) {
    auto of = read_execution(session, execution);
    if (!of) return of.error();
    if (auto done = cancel_approvals(session, (*of)->id, now); !done) return done;
    return session.execute(
        "UPDATE playbook_execution_steps SET status = 6, finished_at = ? WHERE execution_id = ? AND status IN (0, 1)",
        now, (*of)->id);
}

}  // namespace carrel::siem
