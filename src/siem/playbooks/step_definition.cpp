#include "siem/playbooks/step_definition.hpp"

#include "base/uuid.hpp"
#include "json/value_text.hpp"
#include "resource/problems.hpp"
#include "siem/playbooks/alert_template.hpp"
#include "siem/playbooks/object_reader.hpp"
#include "siem/playbooks/step_parameters.hpp"

#include <algorithm>
#include <set>

namespace carrel::siem {

namespace {

constexpr std::size_t parameters_bytes_max = 10 * 1024, approvers_max = 50;
constexpr std::int64_t approval_s_max = 30 * 24 * 3600;
constexpr std::array<std::string_view, 2> failure_rules = {"stop", "continue"};

void read_approval(object_reader& step, std::vector<fault>& faults, approval_rule& into) {
    into.is_required = step.boolean("requires_approval", false);
    const auto* const given = step.find("approval");
    if (given == nullptr) return;
    if (!into.is_required) step.refuse("approval", "is for a step with requires_approval");
    object_reader members(*given, step.path_of("approval"), faults);
    if (const auto mode = members.choice("mode", approval_modes)) into.mode = static_cast<approval_mode>(*mode);
    into.approvers = members.texts("approvers", approvers_max, {1, 200});
    into.roles = members.texts("roles", approvers_max, {1, 128});
    into.escalate_to = members.texts("escalate_to", approvers_max, {1, 200});
    into.min_approvers = members.integer("min_approvers", {1, static_cast<std::int64_t>(approvers_max)}, 1);
    into.expires_after_s = members.integer("expires_after_s", {1, approval_s_max}, into.expires_after_s);
    into.escalate_after_s = members.integer("escalate_after_s", {1, approval_s_max}, 0);
    into.allow_self_approval = members.boolean("allow_self_approval", false);
    if (const auto action = members.text("notify_action_id", {1, 128})) into.notify_action_id = *action;
    members.refuse_others();
    const bool is_for_anyone = into.approvers.empty() && into.roles.empty();
    if (is_for_anyone && into.mode != approval_mode::any)
        members.refuse("mode", "must be any where no approvers and no roles are named");
    if (into.escalate_after_s >= into.expires_after_s)
        members.refuse("escalate_after_s", "must be less than expires_after_s");
}

void read_retries(object_reader& step, step_definition& into) {
    into.retries = step.integer("retries", {0, step_retries_max}, 0);
    into.retry_delay_s = step.integer("retry_delay_s", {1, retry_delay_s_max}, into.retry_delay_s);
    into.is_retry_safe = step.boolean("retry_safe", false);
    if (into.retries == 0) return;
    if (is_own_work(into.type))
        step.refuse("retries", "is not taken by " + std::string(step_types[static_cast<std::size_t>(into.type)]) +
                                   ", which is done at once or not at all");
    else if (!into.is_retry_safe) step.refuse("retries", "needs retry_safe, since the effect may happen twice");
}

void read_parameters(object_reader& step, std::vector<fault>& faults, step_definition& into) {
    static const boost::json::value none = boost::json::object();
    const auto* given = step.find("parameters");
    if (given == nullptr) given = &none;
    std::string text;
    json::append_value(text, *given);
    if (text.size() > parameters_bytes_max)
        return step.refuse("parameters", "must have at most " + std::to_string(parameters_bytes_max) + " bytes");
    const std::string path = step.path_of("parameters");
    check_parameters(into.type, *given, path, faults);
    check_placeholders(*given, path, faults);
    if (const auto* object = given->if_object()) into.parameters = *object;
}

}  // namespace

std::string step_definition::parameter(std::string_view of) const {
    const auto* const found = parameters.if_contains({of.data(), of.size()});
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

step_definition read_step(const boost::json::value& given, const std::string& path, std::vector<fault>& faults) {
    step_definition made;
    object_reader members(given, path, faults);
    if (auto id = members.text("id", {1, 64}, true)) made.id = std::move(*id);
    if (!made.id.empty() && !is_valid_id(made.id)) members.refuse("id", "must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
    if (auto name = members.text("name", {1, 200})) made.name = std::move(*name);
    const auto type = members.choice("type", step_types, true);
    if (type) made.type = static_cast<step_type>(*type);
    static_cast<void>(members.find("parameters"));
    if (type) read_parameters(members, faults, made);
    made.conditions = read_conditions_of_alert(members.list("conditions", {0, conditions_max}),
                                               members.path_of("conditions"), faults);
    made.timeout_s = members.integer("timeout_s", {1, step_timeout_s_max}, made.timeout_s);
    if (const auto rule = members.choice("on_failure", failure_rules)) made.continues = *rule == 1;
    read_retries(members, made);
    read_approval(members, faults, made.approval);
    members.refuse_others();
    return made;
}

std::vector<step_definition> read_steps(const boost::json::value& given, const std::string& path,
                                        std::vector<fault>& faults) {
    std::vector<step_definition> all;
    const auto* const list = given.if_array();
    if (list == nullptr || list->empty() || list->size() > static_cast<std::size_t>(steps_max)) {
        faults.push_back({path, 0, "must be a list of 1 to " + std::to_string(steps_max) + " steps"});
        return all;
    }
    std::set<std::string> ids;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string at = path + "[" + std::to_string(i) + "]";
        all.push_back(read_step((*list)[i], at, faults));
        if (!all.back().id.empty() && !ids.insert(all.back().id).second)
            faults.push_back({at + ".id", 0, "is the id of an earlier step"});
    }
    return all;
}

bool needs_alert(const step_definition& step) {
    return step.type == step_type::update_alert || !step.conditions.empty() ||
           has_placeholder(boost::json::value(step.parameters));
}

std::vector<playbook_trigger> read_triggers(const boost::json::value& given, const std::string& path,
                                            std::vector<fault>& faults) {
    std::vector<playbook_trigger> all;
    const auto* const list = given.if_array();
    if (list == nullptr || list->size() > static_cast<std::size_t>(triggers_max)) {
        faults.push_back({path, 0, "must be a list of at most " + std::to_string(triggers_max)});
        return all;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        object_reader members((*list)[i], path + "[" + std::to_string(i) + "]", faults);
        playbook_trigger made;
        if (auto name = members.text("name", {1, 200})) made.name = std::move(*name);
        made.conditions = read_conditions_of_alert(members.list("conditions", {1, conditions_max}, true),
                                                   members.path_of("conditions"), faults);
        members.refuse_others();
        all.push_back(std::move(made));
    }
    return all;
}

bool fits(const std::vector<playbook_trigger>& triggers, const record& alert) {
    return std::any_of(triggers.begin(), triggers.end(), [&](const playbook_trigger& one) {
        return !one.conditions.empty() && all_hold(one.conditions, alert);
    });
}

}  // namespace carrel::siem
