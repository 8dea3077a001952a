#include "siem/playbooks/playbook.hpp"

#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/actions.hpp"
#include "siem/active_user.hpp"
#include "siem/aggregates.hpp"
#include "siem/playbooks/approval.hpp"
#include "siem/playbooks/execution.hpp"
#include "siem/playbooks/playbook_checks.hpp"
#include "siem/playbooks/step_parameters.hpp"

#include "siem/playbooks/stored_json.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

// The action that a step names: in its parameters, and to tell of its approval.
struct named_action {
    std::string id, path;
    bool is_notice = false;
    step_type of{};
};

std::vector<named_action> actions_in(const std::vector<step_definition>& steps) {
    std::vector<named_action> all;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::string path = "steps[" + std::to_string(i) + "]";
        if (auto id = steps[i].parameter("action_id"); !id.empty())
            all.push_back({std::move(id), path + ".parameters.action_id", false, steps[i].type});
        if (const auto& id = steps[i].approval.notify_action_id; !id.empty())
            all.push_back({id, path + ".approval.notify_action_id", true, step_type::send_notification});
    }
    return all;
}

result<void> find_users(read_session& session, const std::vector<std::string>& names, const std::string& path,
                        std::vector<fault>& faults) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto found = active_user(session, names[i]);
        if (!found) return found.error();
        if (!*found) faults.push_back({path + "[" + std::to_string(i) + "]", 0, std::string(no_active_user)});
    }
    return {};
}

result<void> find_roles(read_session& session, const std::vector<std::string>& names, const std::string& path,
                        std::vector<fault>& faults) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto found = session.first_integer("SELECT 1 FROM roles WHERE name = ?", names[i]);
        if (!found) return found.error();
        if (!*found) faults.push_back({path + "[" + std::to_string(i) + "]", 0, "does not exist"});
    }
    return {};
}

const std::string* text_in(const std::optional<value>& given) {
    return given ? std::get_if<std::string>(&*given) : nullptr;
}

void derive(const resource&, const call&, given_members& given, bool is_new, std::vector<fault>& faults) {
    const playbook_fields& at = playbook_at();
    if (const auto* triggers = text_in(given[at.triggers]))
        static_cast<void>(read_triggers(parse_stored(*triggers), "triggers", faults));
    else if (is_new || given[at.triggers]) given[at.triggers].emplace(std::in_place_type<std::string>, "[]");
    const auto* const text = text_in(given[at.steps]);
    if (text == nullptr) return;
    const auto steps = read_steps(parse_stored(*text), "steps", faults);
    std::vector<std::string> ids;
    for (const named_action& each : actions_in(steps))
        if (std::find(ids.begin(), ids.end(), each.id) == ids.end()) ids.push_back(each.id);
    given[at.action_ids].emplace(std::in_place_type<std::string>, list_text(ids));
    given[at.needs_alert].emplace(std::in_place_type<std::int64_t>,
                                  std::any_of(steps.begin(), steps.end(), needs_alert) ? 1 : 0);
}

result<void> require_references_of(read_session& session, const record& row, reply& into) {
    auto faults = faults_of_references(session, row);
    if (!faults) return faults.error();
    if (faults->empty()) return {};
    return refuse(into, problem_of(problem_code::invalid, std::move(*faults)));
}

result<bool> before_insert(const resource&, write_session& session, const call&, record& row, reply& into) {
    if (auto found = require_references_of(session, row, into); !found) return found.error();
    return false;
}

result<void> before_update(const resource&, write_session& session, const call&, const record& before, record& after,
                           reply& into) {
    if (before.values[playbook_at().steps] == after.values[playbook_at().steps]) return {};
    return require_references_of(session, after, into);
}

result<void> before_delete(const resource& of, write_session& session, const record& row, reply& into) {
    auto open = session.first_integer(
        read_sql("SELECT 1 FROM playbook_executions WHERE playbook_id = ? AND status < 3 LIMIT 1"), *row.text(of.id));
    if (!open) return open.error();
    if (*open) return refuse(into, {problem_code::conflict, "it is being executed: let that end, or cancel it", {}});
    return {};
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 200},
        {.name = "description", .patchable = true, .max = 2000},
        {.name = "enabled", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "priority",
         .kind = integer,
         .patchable = true,
         .max = 1'000'000,
         .initial = 0,
         .summary = "The higher runs first."},
        {.name = "triggers",
         .kind = field_kind::json,
         .patchable = true,
         .max = 65'536,
         .summary =
             R"(At most 10 of {"name","conditions":[{"field","operator","value"}]}: an alert for which all conditions )"
             R"(of one hold starts the playbook.)"},
        {.name = "steps",
         .kind = field_kind::json,
         .required = true,
         .patchable = true,
         .max = 1 << 20,
         .summary = R"(1 to 50 of {"id","name","type","parameters","conditions","timeout_s","on_failure","retries",)"
                    R"("retry_delay_s","retry_safe","requires_approval","approval"}.)"},
        {.name = "tags", .kind = text_list, .patchable = true, .max = 50, .item_max = 100, .items = "playbooks_tags"},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
        {.name = "needs_alert", .kind = integer, .from = origin::server, .seen = visibility::hidden},
        {.name = "action_ids",
         .kind = text_list,
         .from = origin::server,
         .seen = visibility::hidden,
         .items = "playbooks_actions"},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "enabled", .kind = boolean, .column = "enabled"},
        {.name = "tag", .kind = item, .column = "playbooks_tags"},
        {.name = "action_id", .kind = item, .column = "playbooks_actions"},
        {.name = "name", .column = "name"},
        {.name = "q", .kind = words, .summary = "A query of name and description."},
    };
}

}  // namespace

const resource& playbooks() {
    static const resource instance({
        .name = "playbook",
        .plural = "playbooks",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"priority", "created_at", "updated_at", "name"},
        .text = {"name", "description"},
        .keeps_versions = true,
        .unique = {{.columns = "playbooks.name", .field = "name"}},
        .hooks = {.derive = derive,
                  .before_insert = before_insert,
                  .before_update = before_update,
                  .before_delete = before_delete},
    });
    return instance;
}

result<std::vector<fault>> faults_of_references(read_session& session, const record& playbook) {
    std::vector<fault> faults, ignored;
    const auto steps = read_steps(parse_stored(*playbook.text(playbook_at().steps)), "steps", ignored);
    for (const named_action& each : actions_in(steps)) {
        auto type = session.first_integer(read_sql("SELECT type FROM actions WHERE id = ?"), each.id);
        if (!type) return type.error();
        if (!*type) faults.push_back({each.path, 0, "does not exist"});
        else if (!can_use(each.of, static_cast<action_type>(**type)))
            faults.push_back({each.path, 0, "must be an action of type " + usable_actions(each.of)});
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const approval_rule& rule = steps[i].approval;
        const std::string path = "steps[" + std::to_string(i) + "].approval.";
        for (const auto& [names, member] :
             {std::pair(&rule.approvers, "approvers"), std::pair(&rule.escalate_to, "escalate_to")})
            if (auto done = find_users(session, *names, path + member, faults); !done) return done.error();
        if (auto done = find_roles(session, rule.roles, path + "roles", faults); !done) return done.error();
    }
    return faults;
}

const playbook_fields& playbook_at() {
    static const playbook_fields found = [] {
        const auto of = [](std::string_view name) { return playbooks().position(name); };
        return playbook_fields{of("id"),   of("name"),     of("description"), of("enabled"),     of("priority"),
                               of("tags"), of("triggers"), of("steps"),       of("needs_alert"), of("action_ids")};
    }();
    return found;
}

std::vector<const resource*> playbook_resources() {
    return {&playbooks(), &executions(), &execution_steps(), &approvals(), &approval_actions()};
}

std::vector<operation> playbook_operations() {
    std::vector<operation> all = common_operations(playbooks());
    const auto take = [&](std::vector<operation> more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    take(playbook_own_operations());
    // Whoever changes a playbook says what the server does by itself.
    for (operation& each : all) each.is_audited = each.is_audited || each.is_write();
    take(execution_operations());
    take(approval_operations());
    return all;
}

}  // namespace carrel::siem
