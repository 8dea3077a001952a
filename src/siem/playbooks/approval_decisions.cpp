#include "base/uuid.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/playbooks/approval.hpp"
#include "siem/playbooks/execution_engine.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t escalations_max = 10;
constexpr std::int64_t a_step = 100;

approval_status status_of(const record& row) { return static_cast<approval_status>(row.integer(approval_at().status)); }

problem conflict(std::string why) { return {problem_code::conflict, std::move(why), {}}; }
problem forbidden(std::string why) { return {problem_code::forbidden, std::move(why), {}}; }

bool is_among(const record& row, std::size_t list, const std::string& name) {
    const auto items = items_of(row.values[list]);
    return std::find(items.begin(), items.end(), name) != items.end();
}

// Who may do what to a request. Where nobody is known, in an open house, all are alike.
std::optional<problem> refuse_actor(const call& request, const record& row, approval_act act) {
    if (act == approval_act::comment) return std::nullopt;
    const approval_fields& at = approval_at();
    const bool may_write_rules = request.who == nullptr || request.who->may.has(permission::write_rules);
    const std::string* requester = row.text(at.requested_by);
    const bool is_requester = !request.principal.empty() && requester != nullptr && *requester == request.principal;
    if (act == approval_act::cancel) {
        if (is_requester || may_write_rules) return std::nullopt;
        return forbidden("Only who asked for it, or who may write rules, cancels it.");
    }
    if (is_requester && row.integer(at.allow_self_approval) == 0)
        return forbidden("Who asked for it may comment on it or cancel it only.");
    if (row.values[at.approvers] == value(std::string("[]"))) {
        if (may_write_rules) return std::nullopt;
        return forbidden("No approvers are named: that needs the permission write:rules.");
    }
    if (is_among(row, at.approvers, request.principal)) return std::nullopt;
    return forbidden("Only its approvers decide on it.");
}

result<bool> has_decided(read_session& session, const record& row, const std::string& user) {
    auto found = session.first_integer(
        read_sql("SELECT 1 FROM approval_actions WHERE approval_id = ? AND ifnull(user, '') = ? AND action < 2"),
        *row.text(approval_at().id), user);
    if (!found) return found.error();
    return found->has_value();
}

// In this order: an answer about what cannot be is of no use to a caller with an old version.
result<std::optional<problem>> refusal_of(read_session& session, const call& request, const record& row,
                                          const approval_word& word) {
    const std::int64_t version = row.integer(approvals().version);
    if (word.expected_version && *word.expected_version != version)
        return std::optional(
            conflict("the version is " + std::to_string(version) + ", not " + std::to_string(*word.expected_version)));
    const approval_status status = status_of(row);
    if (!is_open(status))
        return std::optional(
            conflict("it is " + std::string(approval_statuses[static_cast<std::size_t>(status)]) + " already"));
    if (row.integer(approval_at().expires_at) <= request.now)
        return std::optional(conflict("it expired at " + format_time(row.integer(approval_at().expires_at))));
    if (auto wrong = refuse_actor(request, row, word.act)) return wrong;
    if (word.act == approval_act::escalate && row.integer(approval_at().escalation_level) >= escalations_max)
        return std::optional(conflict("it was escalated " + std::to_string(escalations_max) + " times"));
    if (word.act > approval_act::reject) return std::optional<problem>();
    auto decided = has_decided(session, row, request.principal);
    if (!decided) return decided.error();
    return *decided ? std::optional(conflict("you have decided on it already")) : std::optional<problem>();
}

void escalate(record& row) {
    const approval_fields& at = approval_at();
    row.values[at.escalation_level] = row.integer(at.escalation_level) + 1;
    row.values[at.status] = static_cast<std::int64_t>(approval_status::escalated);
    row.values[at.escalates_at] = value();
    // Where anybody may approve, naming some would shut out the others.
    if (row.values[at.approvers] != value(std::string("[]"))) {
        auto all = items_of(row.values[at.approvers]);
        for (std::string& name : items_of(row.values[at.escalate_to]))
            if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(std::move(name));
        row.values[at.approvers] = list_text(all);
    }
    if (row.has(at.notify_action)) row.values[at.notice] = static_cast<std::int64_t>(notice_state::waiting);
}

void resolve(record& row, approval_status as, timestamp now) {
    const approval_fields& at = approval_at();
    row.values[at.status] = static_cast<std::int64_t>(as);
    row.values[at.resolved_at] = now;
    // Nobody needs the message any more.
    if (row.integer(at.notice) == static_cast<std::int64_t>(notice_state::waiting))
        row.values[at.notice] = static_cast<std::int64_t>(notice_state::none);
}

record changed(const record& before, approval_act act, timestamp now) {
    const approval_fields& at = approval_at();
    record after = before;
    if (act == approval_act::escalate) escalate(after);
    if (act == approval_act::cancel) resolve(after, approval_status::cancelled, now);
    if (act > approval_act::reject) return after;
    const std::size_t counter = act == approval_act::approve ? at.approval_count : at.rejection_count;
    after.values[counter] = before.integer(counter) + 1;
    const auto decided = verdict(static_cast<approval_mode>(before.integer(at.mode)),
                                 before.integer(at.approvers_counted), before.integer(at.approvals_needed),
                                 after.integer(at.approval_count), after.integer(at.rejection_count));
    if (decided != approval_status::pending) resolve(after, decided, now);
    return after;
}

result<void> keep_action(write_session& session, const record& row, approval_act act, const std::string& user,
                         const std::string& comment, timestamp now) {
    uuid_generator fresh;
    return session.execute(
        "INSERT INTO approval_actions(id, approval_id, created_at, user, action, comment) VALUES (?, ?, ?, ?, ?, ?)",
        fresh(), *row.text(approval_at().id), now, user.empty() ? value() : value(user), static_cast<std::int64_t>(act),
        comment.empty() ? value() : value(comment));
}

// The execution learns of it in the same transaction.
result<void> pass_on(write_session& session, const record& row, const std::string& by, timestamp now) {
    const approval_status status = status_of(row);
    if (is_open(status)) return {};
    std::string refused;
    if (status != approval_status::approved)
        refused = "the approval was " + std::string(approval_statuses[static_cast<std::size_t>(status)]) +
                  (by.empty() ? "" : " by " + by);
    if (status == approval_status::expired) refused = "the approval has expired";
    return resume_execution(session, *row.text(approval_at().execution_id), *row.text(approval_at().step_id), refused,
                            now);
}

result<std::vector<std::string>> due_ids(read_session& session, read_sql sql, timestamp now, std::int64_t most) {
    return session.all<std::string>(sql, now, most);
}

enum class due { end, escalation };

result<void> change_by_itself(write_session& session, const std::string& id, due what, timestamp now) {
    call about;
    about.path[0] = id;
    about.now = now;
    about.principal = "system";
    reply ignored;
    auto before = load(approvals(), session, about, ignored);
    if (!before) return before.error();
    record after = *before;
    if (what == due::escalation) escalate(after);
    else resolve(after, approval_status::expired, now);
    if (auto done = save(approvals(), session, about, *before, after, {}, ignored); !done) return done;
    if (what == due::escalation)
        return keep_action(session, *before, approval_act::escalate, "system", "nobody decided in time", now);
    return pass_on(session, after, {}, now);
}

}  // namespace

result<void> act_on(write_session& session, const call& request, const approval_word& word, reply& into) {
    into.clear();
    auto before = load(approvals(), session, request, into);
    if (!before) return before.error();
    auto refused = refusal_of(session, request, *before, word);
    if (!refused) return refused.error();
    if (*refused) return refuse(into, std::move(**refused));
    if (auto done = keep_action(session, *before, word.act, request.principal, word.comment, request.now); !done)
        return done;
    record after = changed(*before, word.act, request.now);
    // A word is a change too: who has read the request before it decides anew.
    after.values[approval_at().action_count] = before->integer(approval_at().action_count) + 1;
    if (auto done = save(approvals(), session, request, *before, after, word.comment, into); !done) return done;
    return pass_on(session, after, request.principal, request.now);
}

result<std::int64_t> expire_approvals(write_session& session, timestamp now, std::int64_t most) {
    auto found =
        due_ids(session,
                "SELECT id FROM approvals INDEXED BY approvals_to_end WHERE status IN (0, 4) AND expires_at <= ? "
                "ORDER BY expires_at LIMIT ?",
                now, most);
    if (!found) return found.error();
    for (const std::string& id : *found)
        if (auto done = change_by_itself(session, id, due::end, now); !done) return done.error();
    return static_cast<std::int64_t>(found->size());
}

result<std::int64_t> end_due_approvals(write_session& session, timestamp now) {
    auto expired = expire_approvals(session, now, a_step);
    if (!expired) return expired.error();
    auto found =
        due_ids(session,
                "SELECT id FROM approvals INDEXED BY approvals_to_escalate WHERE status = 0 AND escalates_at IS NOT "
                "NULL AND escalates_at <= ? ORDER BY escalates_at LIMIT ?",
                now, a_step);
    if (!found) return found.error();
    for (const std::string& id : *found)
        if (auto done = change_by_itself(session, id, due::escalation, now); !done) return done.error();
    return *expired + static_cast<std::int64_t>(found->size());
}

result<bool> has_due_approvals(read_session& session, timestamp now) {
    auto found = session.first_integer(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM approvals INDEXED BY approvals_to_end WHERE status IN (0, 4) AND "
        "expires_at <= ?1) OR EXISTS (SELECT 1 FROM approvals INDEXED BY approvals_to_escalate WHERE status = 0 AND "
        "escalates_at IS NOT NULL AND escalates_at <= ?1)",
        now);
    if (!found) return found.error();
    return found->has_value();
}

}  // namespace carrel::siem
