#include "siem/playbooks/execution_rows.hpp"

#include "json/value_text.hpp"
#include "siem/alerts.hpp"
#include "siem/playbooks/stored_json.hpp"

namespace carrel::siem {

namespace {

std::int64_t place(execution_status of) { return static_cast<std::int64_t>(of); }
std::int64_t place(step_status of) { return static_cast<std::int64_t>(of); }

constexpr std::size_t error_bytes_max = 1000;

value error_text(const std::string& text) {
    if (text.empty()) return {};
    return text.substr(0, error_bytes_max);
}

}  // namespace

result<std::optional<open_execution>> read_execution(read_session& session, std::int64_t row) {
    auto found = session.prepare(read_sql(
        "SELECT id, playbook_id, playbook_name, ifnull(alert_id, ''), ifnull(investigation_id, ''), "
        "ifnull(created_by, ''), status, current_step, step_count, depth FROM playbook_executions WHERE seq = ?"));
    if (!found) return found.error();
    auto is_there = found->bind(row).step();
    if (!is_there) return is_there.error();
    if (!*is_there) return std::optional<open_execution>();
    open_execution made;
    made.row = row;
    made.id = found->text(0);
    made.playbook_id = found->text(1);
    made.playbook_name = found->text(2);
    made.alert_id = found->text(3);
    made.investigation_id = found->text(4);
    made.created_by = found->text(5);
    made.status = static_cast<execution_status>(found->integer(6));
    made.current = found->integer(7);
    made.steps = found->integer(8);
    made.depth = found->integer(9);
    return std::optional(std::move(made));
}

result<std::optional<open_step>> read_open_step(read_session& session, const std::string& execution_id,
                                                std::int64_t position) {
    auto found =
        session.prepare(read_sql("SELECT seq, attempts, status, is_approved, definition FROM playbook_execution_steps "
                                 "WHERE execution_id = ? AND position = ?"));
    if (!found) return found.error();
    auto is_there = found->bind(execution_id, position).step();
    if (!is_there) return is_there.error();
    if (!*is_there) return std::optional<open_step>();
    open_step made;
    made.row = found->integer(0);
    made.attempts = found->integer(1);
    made.status = static_cast<step_status>(found->integer(2));
    made.is_approved = found->integer(3) != 0;
    std::vector<fault> ignored;  // it was checked when it was stored
    made.what = read_step(parse_stored(found->text(4)), {}, ignored);
    return std::optional(std::move(made));
}

result<std::optional<record>> alert_of(read_session& session, const open_execution& of) {
    if (of.alert_id.empty()) return std::optional<record>();
    return find(alerts(), session, of.alert_id);
}

result<void> set_step(write_session& session, std::int64_t step, step_status status) {
    return session.execute("UPDATE playbook_execution_steps SET status = ? WHERE seq = ?", place(status), step);
}

result<void> end_step(write_session& session, std::int64_t step, const step_outcome& outcome, timestamp now) {
    value output;
    if (!outcome.output.is_null()) {
        std::string text;
        json::append_value(text, outcome.output);
        output = std::move(text);
    }
    return session.execute(
        "UPDATE playbook_execution_steps SET status = ?, started_at = ifnull(started_at, ?2), finished_at = ?2, "
        "next_attempt_at = NULL, answer_status = ?, error = ?, output = ? WHERE seq = ?",
        place(outcome.status), now, outcome.answer_status == 0 ? value() : value(outcome.answer_status),
        error_text(outcome.error), output, step);
}

result<void> make_due(write_session& session, std::int64_t execution, work_lane lane, timestamp due_at, timestamp now) {
    return session.execute(
        "UPDATE playbook_executions SET version = version + 1, updated_at = ?1, started_at = ifnull(started_at, ?1), "
        "status = 1, lane = ?2, due_at = ?3, busy = 0 WHERE seq = ?4",
        now, static_cast<std::int64_t>(lane), due_at, execution);
}

result<void> end_execution(write_session& session, const open_execution& of, execution_status status,
                           const std::string& error, timestamp now) {
    auto rest = session.execute(
        "UPDATE playbook_execution_steps SET status = ?, finished_at = ? WHERE execution_id = ? AND status IN (0, 1)",
        place(step_status::skipped), now, of.id);
    if (!rest) return rest;
    return session.execute(
        "UPDATE playbook_executions SET version = version + 1, updated_at = ?1, started_at = ifnull(started_at, ?1), "
        "completed_at = ?1, status = ?2, error = ?3, busy = 0 WHERE seq = ?4",
        now, place(status), error_text(error), of.row);
}

result<void> advance(write_session& session, const open_execution& of, bool has_failed, timestamp now) {
    auto moved = session.execute(
        "UPDATE playbook_executions SET current_step = current_step + 1, failed_steps = failed_steps + ? WHERE seq = ?",
        std::int64_t{has_failed}, of.row);
    if (!moved) return moved;
    if (of.current + 1 < of.steps) return make_due(session, of.row, work_lane::own, now, now);
    auto ran = session.first_integer(
        read_sql("SELECT 1 FROM playbook_execution_steps WHERE execution_id = ? AND status <> ? LIMIT 1"), of.id,
        place(step_status::skipped));
    if (!ran) return ran.error();
    return end_execution(session, of, *ran ? execution_status::completed : execution_status::skipped, {}, now);
}

result<void> pass_failure(write_session& session, const open_execution& of, const step_definition& what,
                          const std::string& why, timestamp now) {
    if (what.continues) return advance(session, of, true, now);
    auto counted =
        session.execute("UPDATE playbook_executions SET failed_steps = failed_steps + 1 WHERE seq = ?", of.row);
    if (!counted) return counted;
    return end_execution(session, of, execution_status::failed, "step " + what.id + ": " + why, now);
}

}  // namespace carrel::siem
