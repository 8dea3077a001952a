#include "siem/playbooks/approval.hpp"

#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/playbooks/playbook.hpp"

namespace carrel::siem {

namespace {

constexpr std::int64_t comment_max = 2000;

std::vector<field> field_list() {
    using enum field_kind;
    using origin::server;
    return versioned_fields({
        {.name = "execution_id", .from = server},
        {.name = "playbook_id", .from = server},
        {.name = "playbook_name", .from = server},
        {.name = "step_id", .from = server},
        {.name = "step_name", .from = server},
        {.name = "alert_id", .from = server},
        {.name = "requested_by", .from = server, .summary = "Null: an alert started the playbook."},
        {.name = "status", .kind = enumeration, .from = server, .values = approval_statuses, .initial = 0},
        {.name = "mode", .kind = enumeration, .from = server, .values = approval_modes, .initial = 0},
        {.name = "approvers",
         .kind = text_list,
         .from = server,
         .max = 10'000,
         .item_max = 200,
         .summary = "Users; none are named: who may write rules.",
         .items = "approvals_approvers"},
        {.name = "approvals_needed", .kind = integer, .from = server, .initial = 1},
        {.name = "approvers_counted", .kind = integer, .from = server, .initial = 0, .seen = visibility::hidden},
        {.name = "approval_count", .kind = integer, .from = server, .initial = 0},
        {.name = "rejection_count", .kind = integer, .from = server, .initial = 0},
        {.name = "action_count", .kind = integer, .from = server, .initial = 0},
        {.name = "allow_self_approval", .kind = boolean, .from = server, .initial = 0},
        {.name = "escalation_level", .kind = integer, .from = server, .initial = 0},
        {.name = "escalates_at", .kind = field_kind::time, .from = server},
        {.name = "escalate_to", .kind = text_list, .from = server, .max = 50, .item_max = 200},
        {.name = "expires_at", .kind = field_kind::time, .from = server},
        {.name = "resolved_at", .kind = field_kind::time, .from = server},
        {.name = "notice",
         .kind = enumeration,
         .from = server,
         .values = notice_states,
         .initial = 0,
         .summary = "What became of the message that tells of it."},
        {.name = "notice_detail", .from = server},
        {.name = "notify_action", .from = server, .seen = visibility::hidden},
        {.name = "context", .kind = object, .from = server},
    });
}

std::vector<field> action_field_list() {
    using enum field_kind;
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "approval_id", .from = origin::server},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "user", .from = origin::creator},
        {.name = "action", .kind = enumeration, .from = origin::server, .values = approval_acts, .initial = 0},
        {.name = "comment", .from = origin::server},
    };
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "status", .kind = enumeration, .column = "status", .values = approval_statuses},
        {.name = "playbook_id", .column = "playbook_id"},
        {.name = "execution_id", .column = "execution_id"},
        {.name = "alert_id", .column = "alert_id"},
        {.name = "requested_by", .column = "requested_by"},
        {.name = "approver", .kind = item, .column = "approvals_approvers"},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
    };
}

// -- PATCH /approvals/{id}, POST /approvals/{id}/actions, DELETE /approvals/{id} ---

struct word_input : input {
    approval_word word;
};

const std::array<field, 3>& word_body() {
    static const std::array<field, 3> fields = {{
        {.name = "action",
         .kind = field_kind::enumeration,
         .required = true,
         .values = std::span(approval_acts).first(static_cast<std::size_t>(approval_act::cancel) + 1)},
        {.name = "comment", .max = comment_max},
        {.name = "expected_version", .kind = field_kind::integer, .min = 1, .max = std::int64_t{1} << 53},
    }};
    return fields;
}

std::optional<problem> check_word(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(word_body(), request, given, refused)) return refused;
    auto parsed = std::make_unique<word_input>();
    parsed->word.act = static_cast<approval_act>(std::get<std::int64_t>(*given[0]));
    if (given[1])
        if (const auto* comment = std::get_if<std::string>(&*given[1])) parsed->word.comment = *comment;
    if (given[2])
        if (const auto* version = std::get_if<std::int64_t>(&*given[2])) parsed->word.expected_version = *version;
    if (parsed->word.act == approval_act::comment && parsed->word.comment.empty())
        return refuse_body(request, problem_of(problem_code::invalid, "comment", "is required by the action comment"));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

operation word_operation(method verb, std::string_view path, std::string id, std::string summary) {
    operation made = make_operation(approvals(), verb, path, std::move(id), std::move(summary));
    made.needs = permission::write_alerts;
    made.is_audited = true;
    made.body = body_kind::json;
    made.fields = document(word_body(), false);
    made.check = check_word;
    made.write = [](const operation&, write_session& session, const call& request, reply& into) {
        return act_on(session, request, static_cast<const word_input&>(*request.parsed).word, into);
    };
    return made;
}

operation cancel_operation() {
    operation made = make_operation(approvals(), method::del, "/{id}", "cancel_approval",
                                    "Takes a request back; it and its actions stay.");
    made.needs = permission::write_alerts;
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.write = [](const operation&, write_session& session, const call& request, reply& into) -> result<void> {
        if (auto done =
                act_on(session, request, {.act = approval_act::cancel, .comment = {}, .expected_version = {}}, into);
            !done)
            return done;
        into.clear();
        into.kind = outcome::no_content;
        return {};
    };
    return made;
}

// -- GET /approvals/pending ---

// Those that the caller may decide on; in an open house all that are open.
operation pending_operation() {
    operation made = list_operation(approvals());
    made.path = "/approvals/pending";
    made.id = "list_pending_approvals";
    made.summary = "Lists the open requests that wait for the caller's decision.";
    made.check = [](const operation& what, call& request) {
        const bool is_known = !request.principal.empty();
        const narrowing own{is_known ? "status IN (0, 4) AND (approvers = '[]' OR seq IN (SELECT row FROM "
                                       "approvals_approvers WHERE item = ?))"
                                     : "status IN (0, 4) AND ? = ''",
                            request.principal};
        return check_narrowed_list(approvals(), what, request, &own);
    };
    return made;
}

// -- POST /approvals/expire ---

operation expire_operation() {
    operation made = make_operation(approvals(), method::post, "/expire", "expire_approvals",
                                    "Ends requests whose time is over, up to 1,000 at once.");
    made.needs = permission::admin_system;
    made.is_about_version = false;
    made.is_audited = true;
    made.reply_schema = R"({"type":"object","required":["expired"],"properties":{"expired":{"type":"integer"}}})";
    made.check = check_address;
    made.write = [](const operation&, write_session& session, const call& request, reply& into) -> result<void> {
        constexpr std::int64_t most = 1000;
        into.clear();
        auto expired = expire_approvals(session, request.now, most);
        if (!expired) return expired.error();
        json::writer(into.body).begin_object().key("expired").integer(*expired).end_object();
        return {};
    };
    return made;
}

// -- GET /approvals/stats ---

result<void> stats(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    std::array<std::int64_t, approval_statuses.size()> counts{};
    std::int64_t total = 0, resolved = 0, took = 0;
    using row = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
    auto done = session.each<row>(
        read_sql("SELECT status, count(*), ifnull(sum(resolved_at - created_at), 0) FROM approvals GROUP BY status"),
        [&](const row& one) {
            const auto& [status, count, time] = one;
            counts.at(static_cast<std::size_t>(status)) = count;
            total += count;
            if (status != static_cast<std::int64_t>(approval_status::approved) &&
                status != static_cast<std::int64_t>(approval_status::rejected))
                return;
            resolved += count;
            took += time;
        });
    if (!done) return done;
    json::writer out(into.body);
    out.begin_object().key("total").integer(total).key("by_status").begin_object();
    for (std::size_t i = 0; i < counts.size(); ++i) out.key(approval_statuses[i]).integer(counts[i]);
    out.end_object().key("average_decision_s");
    if (resolved == 0) out.null();
    else out.real(static_cast<double>(took) / static_cast<double>(resolved) / 1e6);
    out.end_object();
    return {};
}

operation stats_operation() {
    operation made = make_operation(approvals(), method::get, "/stats", "get_approval_stats",
                                    "Counts requests by status, and how long decisions took.");
    made.is_about_version = false;
    made.reply_schema =
        R"({"type":"object","required":["total","by_status","average_decision_s"],"properties":{)"
        R"("total":{"type":"integer"},"by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
        R"("average_decision_s":{"type":["number","null"]}}})";
    made.check = check_address;
    made.read = stats;
    return made;
}

}  // namespace

const resource& approvals() {
    static const resource instance({
        .name = "approval",
        .plural = "approvals",
        .reads = permission::read_alerts,
        .writes = permission::write_alerts,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "expires_at"},
    });
    return instance;
}

const resource& approval_actions() {
    static const resource instance({
        .name = "approval_action",
        .plural = "actions",
        .table = "approval_actions",
        .parent = {.by = approvals, .field = "approval_id"},
        .reads = permission::read_alerts,
        .writes = permission::write_alerts,
        .fields = action_field_list(),
        .filters = {},
        .sorts = {"created_at"},
        .sorts_ascending = true,
    });
    return instance;
}

const approval_fields& approval_at() {
    static const approval_fields found = [] {
        const auto of = [](std::string_view name) { return approvals().position(name); };
        return approval_fields{of("id"),
                               of("execution_id"),
                               of("step_id"),
                               of("requested_by"),
                               of("status"),
                               of("mode"),
                               of("approvers"),
                               of("approvals_needed"),
                               of("approvers_counted"),
                               of("approval_count"),
                               of("rejection_count"),
                               of("allow_self_approval"),
                               of("escalation_level"),
                               of("escalates_at"),
                               of("escalate_to"),
                               of("expires_at"),
                               of("resolved_at"),
                               of("notice"),
                               of("notify_action"),
                               of("action_count")};
    }();
    return found;
}

std::vector<operation> approval_operations() {
    std::vector<operation> all;
    all.push_back(list_operation(approvals()));
    all.push_back(count_operation(approvals()));
    all.push_back(get_operation(approvals()));
    all.push_back(pending_operation());
    all.push_back(stats_operation());
    all.push_back(word_operation(method::patch, "/{id}", "decide_approval",
                                 "Approves, rejects, escalates, comments on or cancels a request."));
    operation word = word_operation(method::post, "/{id}/actions", "add_approval_action",
                                    "As PATCH: approves, rejects, escalates, comments on or cancels a request.");
    all.push_back(std::move(word));
    all.push_back(cancel_operation());
    all.push_back(expire_operation());
    operation actions = list_operation(approval_actions());
    actions.id = "list_approval_actions";
    actions.summary = "Lists what was said to a request, oldest first.";
    all.push_back(std::move(actions));
    return all;
}

}  // namespace carrel::siem
