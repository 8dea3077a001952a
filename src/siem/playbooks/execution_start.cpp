#include "base/uuid.hpp"
#include "json/value_text.hpp"
#include "siem/playbooks/execution.hpp"
#include "siem/playbooks/playbook.hpp"
#include "siem/playbooks/stored_json.hpp"

namespace carrel::siem {

namespace {

value text_or_null(const std::string& text) { return text.empty() ? value() : value(text); }

result<bool> is_there(read_session& session, const record& playbook, const execution_request& what) {
    if (what.trigger != execution_trigger::alert) return false;
    auto found = session.first_integer(
        read_sql("SELECT 1 FROM playbook_executions WHERE playbook_id = ? AND alert_id = ? AND alert_id IS NOT NULL "
                 "AND trigger_kind = 1"),
        *playbook.text(playbook_at().id), what.alert_id);
    if (!found) return found.error();
    return found->has_value();
}

result<void> add_execution(write_session& session, const record& playbook, const execution_request& what,
                           std::int64_t steps) {
    const playbook_fields& at = playbook_at();
    const bool is_ended = !what.error.empty();
    const auto status = is_ended ? execution_status::skipped : execution_status::pending;
    return session.execute(
        "INSERT INTO playbook_executions(id, version, created_at, updated_at, playbook_id, playbook_name, "
        "playbook_version, alert_id, investigation_id, trigger_kind, priority, depth, status, current_step, "
        "step_count, "
        "failed_steps, created_by, completed_at, error, playbook, due_at, lane, busy) "
        "VALUES (?1, 1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, 0, ?13, ?14, ?15, ?16, ?2, 0, 0)",
        what.id, what.now, *playbook.text(at.id), *playbook.text(at.name), playbook.integer(playbooks().version),
        text_or_null(what.alert_id), text_or_null(what.investigation_id), static_cast<std::int64_t>(what.trigger),
        playbook.integer(at.priority), what.depth, static_cast<std::int64_t>(status), steps, text_or_null(what.by),
        is_ended ? value(what.now) : value(), text_or_null(what.error), playbook.row);
}

}  // namespace

result<bool> may_start(read_session& session) {
    // Open ones are the first three places of the status.
    auto open = session.first_integer(
        read_sql("SELECT count(*) FROM (SELECT 1 FROM playbook_executions WHERE status IN (0, 1, 2) LIMIT ?)"),
        open_executions_max);
    if (!open) return open.error();
    return open->value_or(0) < open_executions_max;
}

result<bool> start_execution(write_session& session, const record& playbook, const execution_request& what) {
    auto known = is_there(session, playbook, what);
    if (!known) return known.error();
    if (*known) return false;
    const boost::json::value list = parse_stored(*playbook.text(playbook_at().steps));
    const auto& steps = list.as_array();
    if (auto done = add_execution(session, playbook, what, static_cast<std::int64_t>(steps.size())); !done)
        return done.error();
    auto into = session.prepare(write_sql(
        "INSERT INTO playbook_execution_steps(id, execution_id, created_at, position, step_id, name, type, status, "
        "attempts, is_approved, definition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)"));
    if (!into) return into.error();
    uuid_generator fresh;
    const auto status = static_cast<std::int64_t>(what.error.empty() ? step_status::pending : step_status::skipped);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        std::vector<fault> ignored;
        const step_definition step = read_step(steps[i], {}, ignored);
        std::string text;
        json::append_value(text, steps[i]);
        auto done = into->bind(fresh(), what.id, what.now, static_cast<std::int64_t>(i), step.id,
                               text_or_null(step.name), static_cast<std::int64_t>(step.type), status, text)
                        .run();
        if (!done) return done.error();
    }
    return true;
}

}  // namespace carrel::siem
