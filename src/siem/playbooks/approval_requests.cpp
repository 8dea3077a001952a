#include "base/uuid.hpp"
#include "json/writer.hpp"
#include "resource/references.hpp"
#include "siem/actions.hpp"
#include "siem/active_user.hpp"
#include "siem/playbooks/approval.hpp"
#include "siem/playbooks/execution_rows.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

void add_once(std::vector<std::string>& list, std::string name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(std::move(name));
}

// The approvers are determined once: those named, and those who have one of the roles now, as the table of users writes their
// names. Whoever has been removed or switched off since the playbook was written cannot approve, and is not waited for.
result<std::vector<std::string>> approvers_of(read_session& session, const approval_rule& rule) {
    std::vector<std::string> all;
    for (const std::string& name : rule.approvers) {
        auto written = active_user(session, name);
        if (!written) return written.error();
        if (*written) add_once(all, std::move(**written));
    }
    for (const std::string& role : rule.roles) {
        auto members = session.all<std::string>(
            read_sql("SELECT username FROM users WHERE active = 1 AND role IN (SELECT id FROM roles WHERE name = ?) "
                     "ORDER BY username LIMIT 1000"),
            role);
        if (!members) return members.error();
        for (std::string& name : *members) add_once(all, std::move(name));
    }
    return all;
}

std::string context_of(const open_execution& of, const step_definition& step) {
    std::string text;
    json::writer out(text);
    out.begin_object().key("step_type").string(step_types[static_cast<std::size_t>(step.type)]);
    out.key("investigation_id");
    if (of.investigation_id.empty()) out.null();
    else out.string(of.investigation_id);
    out.end_object();
    return text;
}

value text_or_null(const std::string& text) { return text.empty() ? value() : value(text); }

result<void> insert_request(write_session& session, const open_execution& of, const step_definition& step,
                            const std::vector<std::string>& approvers, std::int64_t counted, std::int64_t needed,
                            timestamp now) {
    const approval_rule& rule = step.approval;
    constexpr timestamp second = 1'000'000;
    const bool has_notice_to_send = !rule.notify_action_id.empty();
    uuid_generator fresh;
    auto done = session.execute(
        "INSERT INTO approvals(id, version, created_at, updated_at, execution_id, playbook_id, playbook_name, step_id, "
        "step_name, alert_id, requested_by, status, mode, approvers, approvals_needed, approvers_counted, "
        "approval_count, "
        "rejection_count, allow_self_approval, escalation_level, escalates_at, escalate_to, expires_at, notice, "
        "notify_action, context) VALUES (?1, 1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?11, ?12, ?13, 0, 0, ?14, "
        "0, "
        "?15, ?16, ?17, ?18, ?19, ?20)",
        fresh(), now, of.id, of.playbook_id, of.playbook_name, step.id, text_or_null(step.name),
        text_or_null(of.alert_id), text_or_null(of.created_by), static_cast<std::int64_t>(rule.mode),
        list_text(approvers), needed, counted, std::int64_t{rule.allow_self_approval},
        rule.escalate_after_s == 0 ? value() : value(now + rule.escalate_after_s * second), list_text(rule.escalate_to),
        now + rule.expires_after_s * second,
        static_cast<std::int64_t>(has_notice_to_send ? notice_state::waiting : notice_state::none),
        text_or_null(rule.notify_action_id), context_of(of, step));
    if (!done) return done;
    const std::int64_t row = session.last_insert_rowid();
    for (const std::string& name : approvers)
        if (auto kept = session.execute("INSERT INTO approvals_approvers(item, row) VALUES (?, ?)", name, row); !kept)
            return kept;
    return {};
}

}  // namespace

std::int64_t approvals_needed(approval_mode mode, std::int64_t approvers, std::int64_t min_approvers) noexcept {
    switch (mode) {
        case approval_mode::any: return std::max<std::int64_t>(1, min_approvers);
        case approval_mode::all: return std::max<std::int64_t>(1, approvers);
        case approval_mode::majority: return std::max(approvers / 2 + 1, min_approvers);
    }
    return 1;
}

approval_status verdict(approval_mode mode, std::int64_t approvers, std::int64_t needed, std::int64_t approved,
                        std::int64_t rejected) noexcept {
    if (approved >= needed) return approval_status::approved;
    // Of a majority the others may still be enough; elsewhere one that says no decides.
    const bool is_out_of_reach = mode == approval_mode::majority ? approvers - rejected < needed : rejected > 0;
    return is_out_of_reach ? approval_status::rejected : approval_status::pending;
}

result<std::string> request_approval(write_session& session, const open_execution& of, const step_definition& step,
                                     timestamp now) {
    const approval_rule& rule = step.approval;
    auto approvers = approvers_of(session, rule);
    if (!approvers) return approvers.error();
    const bool is_for_anyone = rule.approvers.empty() && rule.roles.empty();
    auto counted = static_cast<std::int64_t>(approvers->size());
    const bool asks_requester =
        std::find(approvers->begin(), approvers->end(), of.created_by) != approvers->end() && !of.created_by.empty();
    if (asks_requester && !rule.allow_self_approval) --counted;
    const std::int64_t needed = approvals_needed(rule.mode, counted, rule.min_approvers);
    if (!is_for_anyone && counted < needed)
        return "needs " + std::to_string(needed) + " approvals, and " + std::to_string(counted) + " may give one";
    if (auto done = insert_request(session, of, step, *approvers, counted, needed, now); !done) return done.error();
    return std::string();
}

result<void> cancel_approvals(write_session& session, const std::string& execution_id, timestamp now) {
    return session.execute(
        "UPDATE approvals SET version = version + 1, updated_at = ?1, resolved_at = ?1, status = 5, "
        "notice = iif(notice = 1, 0, notice) WHERE execution_id = ?2 AND status IN (0, 4)",
        now, execution_id);
}

result<std::optional<std::string>> open_approval_of(read_session& session, const std::string& execution_id) {
    return session.first<std::string>(
        read_sql("SELECT id FROM approvals WHERE execution_id = ? AND status IN (0, 4) LIMIT 1"), execution_id);
}

// -- the message about one ---

result<bool> has_notice(read_session& session) {
    auto found =
        session.first_integer(read_sql("SELECT 1 FROM approvals WHERE notice = 1 AND notice IN (1, 2) LIMIT 1"));
    if (!found) return found.error();
    return found->has_value();
}

result<std::optional<approval_notice>> take_notice(write_session& session) {
    using row = std::tuple<std::string, std::string, std::string, std::string, std::int64_t, std::int64_t, std::string>;
    auto found = session.first<row>(write_sql(
        "UPDATE approvals SET notice = 2 WHERE seq = (SELECT seq FROM approvals WHERE notice = 1 AND notice IN (1, 2) "
        "ORDER BY seq "
        "LIMIT 1) RETURNING id, playbook_name, ifnull(step_name, step_id), ifnull(alert_id, ''), expires_at, "
        "escalation_level, ifnull(notify_action, '')"));
    if (!found) return found.error();
    if (!*found) return std::optional<approval_notice>();
    auto& [id, playbook, step, alert, expires_at, level, action_id] = **found;
    approval_notice made;
    made.id = id;
    made.playbook_name = playbook;
    made.step_name = step;
    made.alert_id = alert;
    made.expires_at = format_time(expires_at);
    made.escalation_level = level;
    auto action = find(actions(), session, action_id);
    if (!action) return action.error();
    if (!*action) made.error = "the action is no longer there";
    else if ((*action)->integer(actions().position("enabled")) == 0) made.error = "the action is switched off";
    made.action = std::move(*action);
    return std::optional(std::move(made));
}

result<void> keep_notice(write_session& session, const std::string& id, bool is_sent, const std::string& detail) {
    return session.execute("UPDATE approvals SET notice = ?, notice_detail = ? WHERE id = ? AND notice = 2",
                           static_cast<std::int64_t>(is_sent ? notice_state::sent : notice_state::failed), detail, id);
}

result<void> end_broken_off_notices(write_session& session) {
    return session.execute(
        "UPDATE approvals SET notice = 5, notice_detail = 'the server stopped meanwhile' WHERE notice = 2 AND notice "
        "IN (1, 2)");
}

}  // namespace carrel::siem
