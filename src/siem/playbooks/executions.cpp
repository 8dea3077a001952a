#include "siem/playbooks/execution.hpp"

#include "resource/links.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "resource/same_caller.hpp"
#include "resource/state_machine.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/playbooks/approval.hpp"
#include "siem/playbooks/execution_engine.hpp"
#include "siem/playbooks/execution_stats.hpp"
#include "siem/playbooks/playbook.hpp"

namespace carrel::siem {

namespace {

constexpr auto edges = [] {
    using enum execution_status;
    const auto e = [](execution_status from, execution_status to) {
        return edge{static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
    };
    return std::array{e(pending, cancelled), e(running, cancelled), e(waiting, cancelled)};
}();

std::vector<field> field_list() {
    using enum field_kind;
    using origin::server;
    return versioned_fields({
        {.name = "playbook_id", .from = server},
        {.name = "playbook_name", .from = server},
        {.name = "playbook_version", .kind = integer, .from = server},
        {.name = "alert_id", .from = server},
        {.name = "investigation_id", .from = server},
        {.name = "trigger",
         .kind = enumeration,
         .from = server,
         .values = execution_triggers,
         .initial = 0,
         .column = "trigger_kind"},
        {.name = "priority", .kind = integer, .from = server, .initial = 0},
        {.name = "depth",
         .kind = integer,
         .from = server,
         .initial = 0,
         .summary = "How many executions led to the change of the alert that started it."},
        {.name = "status", .kind = enumeration, .from = server, .values = execution_statuses, .initial = 0},
        {.name = "current_step", .kind = integer, .from = server, .initial = 0},
        {.name = "step_count", .kind = integer, .from = server, .initial = 0},
        {.name = "failed_steps",
         .kind = integer,
         .from = server,
         .initial = 0,
         .summary = "Steps that failed, or of which nobody knows whether they had their effect."},
        {.name = "created_by", .from = server},
        {.name = "started_at", .kind = field_kind::time, .from = server},
        {.name = "completed_at", .kind = field_kind::time, .from = server},
        {.name = "error", .from = server},
    });
}

std::vector<field> step_field_list() {
    using enum field_kind;
    using origin::server;
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "execution_id", .from = server},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "position", .kind = integer, .from = server, .initial = 0},
        {.name = "step_id", .from = server},
        {.name = "name", .from = server},
        {.name = "type", .kind = enumeration, .from = server, .values = step_types, .initial = 0},
        {.name = "status", .kind = enumeration, .from = server, .values = step_statuses, .initial = 0},
        {.name = "attempts", .kind = integer, .from = server, .initial = 0},
        {.name = "next_attempt_at", .kind = field_kind::time, .from = server},
        {.name = "started_at", .kind = field_kind::time, .from = server},
        {.name = "finished_at", .kind = field_kind::time, .from = server},
        {.name = "answer_status",
         .kind = integer,
         .from = server,
         .summary = "What HTTP or SMTP answered, or what a command ended with."},
        {.name = "error", .from = server},
        {.name = "output", .kind = object, .from = server},
    };
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "playbook_id", .column = "playbook_id"},
        {.name = "alert_id", .column = "alert_id"},
        {.name = "investigation_id", .column = "investigation_id"},
        {.name = "status", .kind = enumeration, .column = "status", .values = execution_statuses},
        {.name = "trigger", .kind = enumeration, .column = "trigger_kind", .values = execution_triggers},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
    };
}

// -- POST /playbooks/{id}/execute ---

struct execute_input : input {
    std::string alert_id, investigation_id;
};

const std::array<field, 2>& execute_body() {
    static const std::array<field, 2> fields = {
        {{.name = "alert_id", .min = 1, .max = 128}, {.name = "investigation_id", .min = 1, .max = 128}}};
    return fields;
}

std::optional<problem> check_execute(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(execute_body(), request, given, refused)) return refused;
    auto parsed = std::make_unique<execute_input>();
    const auto take = [&](std::size_t at, std::string& into) {
        if (given[at])
            if (const auto* text = std::get_if<std::string>(&*given[at])) into = *text;
    };
    take(0, parsed->alert_id);
    take(1, parsed->investigation_id);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// What it is about must be there, and be of a kind that its steps can be done about.
result<std::vector<fault>> faults_of_subject(read_session& session, const record& playbook,
                                             const execute_input& given) {
    std::vector<fault> faults;
    if (!given.alert_id.empty() && !given.investigation_id.empty())
        faults.push_back({"investigation_id", 0, "is not taken together with alert_id"});
    if (given.alert_id.empty() && playbook.integer(playbook_at().needs_alert) != 0)
        faults.push_back({"alert_id", 0, "is required: steps of the playbook are about an alert"});
    if (!given.alert_id.empty()) {
        auto alert = find(alerts(), session, given.alert_id);
        if (!alert) return alert.error();
        if (!*alert) faults.push_back({"alert_id", 0, "does not exist"});
    }
    if (given.investigation_id.empty()) return faults;
    auto row = find(investigations(), session, given.investigation_id);
    if (!row) return row.error();
    if (!*row) faults.push_back({"investigation_id", 0, "does not exist"});
    return faults;
}

result<void> answer_with_execution(write_session& session, const std::string& id, reply& into) {
    auto row = find(executions(), session, id);
    if (!row) return row.error();
    into.version = (*row)->integer(executions().version);
    append_record(executions(), **row, into.body);
    return {};
}

result<void> execute(const operation&, write_session& session, const call& request, reply& into) {
    const auto& given = static_cast<const execute_input&>(*request.parsed);
    into.clear();
    auto playbook = load(playbooks(), session, request, into);
    if (!playbook) return playbook.error();
    if (playbook->integer(playbook_at().enabled) == 0)
        return refuse(into, {problem_code::conflict, "the playbook is switched off", {}});
    auto faults = faults_of_subject(session, *playbook, given);
    if (!faults) return faults.error();
    if (!faults->empty()) return refuse(into, problem_of(problem_code::invalid, std::move(*faults)));
    auto room = may_start(session);
    if (!room) return room.error();
    if (!*room)
        return refuse(into, {problem_code::conflict, std::to_string(open_executions_max) + " executions are open", {}});
    auto started = start_execution(session, *playbook,
                                   {.id = request.fresh_id,
                                    .alert_id = given.alert_id,
                                    .investigation_id = given.investigation_id,
                                    .by = request.principal,
                                    .error = {},
                                    .now = request.now});
    if (!started) return started.error();
    into.kind = outcome::accepted;
    into.location = executions().location(request, request.fresh_id);
    return answer_with_execution(session, request.fresh_id, into);
}

operation execute_operation() {
    operation made = make_operation(playbooks(), method::post, "/{id}/execute", "execute_playbook",
                                    "Has a playbook executed, in the background.");
    made.needs = permission::write_alerts;
    made.success = outcome::accepted;
    made.is_about_version = false;
    made.is_audited = true;
    made.body = body_kind::json;
    made.fields = document(execute_body(), false);
    made.reply_schema = R"({"$ref":"#/components/schemas/playbook_execution"})";
    made.check = check_execute;
    made.write = execute;
    return made;
}

// -- POST /playbook-executions/{id}/cancel, and what its approval gets ---

const state_machine& status_machine() {
    static const state_machine instance{
        .field = "status", .path = "cancel", .to = "to", .note = "note", .edges = edges};
    return instance;
}

result<void> cancel(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto before = load(executions(), session, request, into);
    if (!before) return before.error();
    record after = *before;
    after.values[executions().position("completed_at")] = request.now;
    after.values[executions().position("error")] =
        request.principal.empty() ? std::string("cancelled") : "cancelled by " + request.principal;
    auto moved = move(executions(), status_machine(), session, request, *before,
                      static_cast<std::int64_t>(execution_status::cancelled), std::move(after), {}, into);
    if (!moved) return moved;
    return cancel_steps(session, before->row, request.now);
}

operation cancel_operation() {
    operation made = make_operation(executions(), method::post, "/{id}/cancel", "cancel_playbook_execution",
                                    "Ends an execution; what has not begun does not begin.");
    made.is_audited = true;
    made.write = cancel;
    return made;
}

operation decide_operation(approval_act act) {
    const std::string verb(approval_acts[static_cast<std::size_t>(act)]);
    static const std::array<field, 1> body = {{{.name = "comment", .max = 2000}}};
    struct comment_input : input {
        std::string comment;
    };
    operation made = make_operation(executions(), method::post, "/{id}/" + verb, verb + "_playbook_execution",
                                    "As an action " + verb + " on the approval that it waits for.");
    made.is_about_version = false;
    made.is_audited = true;
    made.body = body_kind::json;
    made.fields = document(body, false);
    made.reply_schema = R"({"$ref":"#/components/schemas/approval"})";
    made.check = [](const operation& what, call& request) -> std::optional<problem> {
        if (auto wrong = check_address(what, request)) return wrong;
        given_members given;
        std::optional<problem> refused;
        if (!read_input(body, request, given, refused)) return refused;
        auto parsed = std::make_unique<comment_input>();
        if (given[0])
            if (const auto* text = std::get_if<std::string>(&*given[0])) parsed->comment = *text;
        request.parsed = std::move(parsed);
        return std::nullopt;
    };
    made.write = [act](const operation&, write_session& session, const call& request, reply& into) -> result<void> {
        into.clear();
        auto execution = load(executions(), session, request, into);
        if (!execution) return execution.error();
        auto open = open_approval_of(session, request.path[0]);
        if (!open) return open.error();
        if (!*open) return refuse(into, {problem_code::conflict, "it waits for no approval", {}});
        call about = by_same_caller(request);
        about.path[0] = **open;
        return act_on(session, about, {act, static_cast<const comment_input&>(*request.parsed).comment, {}}, into);
    };
    return made;
}

operation removal() {
    operation made = make_operation(executions(), method::del, "/{id}", "delete_playbook_execution",
                                    "Deletes an execution that is over, with its steps and approvals.");
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.write = remove;
    return made;
}

// A foreign key takes its steps and its approvals along.
result<void> before_delete(const resource&, write_session&, const record& row, reply& into) {
    const auto status = static_cast<execution_status>(row.integer(executions().position("status")));
    if (status < execution_status::completed)
        return refuse(into, {problem_code::conflict, "it is not over: cancel it first", {}});
    return {};
}

}  // namespace

const resource& executions() {
    static const resource instance({
        .name = "playbook_execution",
        .plural = "playbook-executions",
        .table = "playbook_executions",
        .reads = permission::read_alerts,
        .writes = permission::write_alerts,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at"},
        .hooks = {.before_delete = before_delete},
    });
    return instance;
}

const resource& execution_steps() {
    static const resource instance({
        .name = "playbook_execution_step",
        .plural = "steps",
        .table = "playbook_execution_steps",
        .parent = {.by = executions, .field = "execution_id"},
        .reads = permission::read_alerts,
        .writes = permission::write_alerts,
        .fields = step_field_list(),
        .filters = {},
        .sorts = {"position"},
        .sorts_ascending = true,
    });
    return instance;
}

std::vector<operation> execution_operations() {
    std::vector<operation> all;
    all.push_back(execute_operation());
    all.push_back(list_operation(executions()));
    all.push_back(count_operation(executions()));
    all.push_back(get_operation(executions()));
    all.push_back(cancel_operation());
    all.push_back(decide_operation(approval_act::approve));
    all.push_back(decide_operation(approval_act::reject));
    all.push_back(removal());
    operation steps = list_operation(execution_steps());
    steps.id = "list_playbook_execution_steps";
    steps.summary = "Lists the steps of an execution, in order.";
    all.push_back(std::move(steps));
    all.push_back(linked_list(executions(), playbooks(), "/playbooks/{id}/executions", "playbook_id = ?",
                              "list_executions_of_playbook"));
    all.push_back(execution_stats_operation());
    all.push_back(playbook_execution_stats_operation());
    return all;
}

}  // namespace carrel::siem
