#include "siem/playbooks/step_parameters.hpp"

#include "indicators/address.hpp"
#include "resource/field.hpp"
#include "siem/alert_status.hpp"
#include "siem/outbound_settings.hpp"
#include "siem/playbooks/alert_template.hpp"
#include "siem/playbooks/object_reader.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

enum class parameter_kind { text, id, ip, host, object, choice, tags, arguments, command };
using enum parameter_kind;

struct parameter_rule {
    std::string_view name;
    parameter_kind kind = text;
    bool is_required = false;
    std::int64_t max = 0;  // characters
    std::span<const std::string_view> choices = {};
};

constexpr parameter_rule by_action{.name = "action_id", .kind = id};
constexpr parameter_rule by_command{.name = "command", .kind = command};

constexpr std::array block_members{parameter_rule{.name = "ip", .kind = ip, .is_required = true}, by_action,
                                   by_command};
constexpr std::array isolate_members{parameter_rule{.name = "host", .kind = host, .is_required = true}, by_action,
                                     by_command};
constexpr std::array quarantine_members{parameter_rule{.name = "path", .is_required = true, .max = 1024},
                                        parameter_rule{.name = "host", .kind = host}, by_action, by_command};
constexpr std::array script_members{parameter_rule{.name = "arguments", .kind = arguments}, by_action, by_command};
constexpr std::array notification_members{parameter_rule{.name = "action_id", .kind = id, .is_required = true},
                                          parameter_rule{.name = "message", .is_required = true, .max = 4000},
                                          parameter_rule{.name = "subject", .max = 200}};
constexpr std::array ticket_members{parameter_rule{.name = "action_id", .kind = id, .is_required = true},
                                    parameter_rule{.name = "summary", .is_required = true, .max = 255},
                                    parameter_rule{.name = "description", .max = 8000}};
constexpr std::array webhook_members{parameter_rule{.name = "action_id", .kind = id, .is_required = true},
                                     parameter_rule{.name = "payload", .kind = object}};
constexpr std::array enrich_members{parameter_rule{.name = "value", .is_required = true, .max = 4096}};
constexpr std::array note_members{parameter_rule{.name = "note", .is_required = true, .max = 5000}};
constexpr std::array alert_members{parameter_rule{.name = "status", .kind = choice, .choices = alert_statuses},
                                   parameter_rule{.name = "disposition", .kind = choice, .choices = dispositions},
                                   parameter_rule{.name = "severity", .kind = choice, .choices = severities},
                                   parameter_rule{.name = "assigned_to", .max = 200},
                                   parameter_rule{.name = "add_tags", .kind = tags},
                                   parameter_rule{.name = "note", .max = 2000}};

std::span<const parameter_rule> members_of(step_type type) {
    switch (type) {
        case step_type::block_ip: return block_members;
        case step_type::isolate_host: return isolate_members;
        case step_type::quarantine_file: return quarantine_members;
        case step_type::send_notification: return notification_members;
        case step_type::enrich_ioc: return enrich_members;
        case step_type::create_ticket: return ticket_members;
        case step_type::update_alert: return alert_members;
        case step_type::call_webhook: return webhook_members;
        case step_type::run_script: return script_members;
        case step_type::add_note: return note_members;
    }
    return {};
}

bool is_ip(std::string_view given) { return indicators::parse_address(given).has_value(); }

bool is_host(std::string_view given) {
    return !given.empty() && given.size() <= 253 && given.front() != '-' &&
           std::all_of(given.begin(), given.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
                      c == '-' || c == '_' || c == ':';
           });
}

bool has_control(std::string_view given) {
    return std::any_of(given.begin(), given.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    });
}

std::string fault_in_plain(const parameter_rule& rules, const std::string& given) {
    if (has_control(given)) return "must not have control characters";
    switch (rules.kind) {
        case ip: return is_ip(given) ? "" : "must be an IP address";
        case host: return is_host(given) ? "" : "must be a host's name or address";
        case command:
            return outbound_in_force().commands.contains(given) ? "" : "is no command that this server allows";
        default: return {};
    }
}

std::string fault_in(const parameter_rule& rules, const std::string& given) {
    return has_placeholder(given) ? std::string() : fault_in_plain(rules, given);
}

// What begins an argument is the playbook's to say: an alert must not turn it into an option.
void check_arguments(const step_definition& step, const boost::json::array& filled, const std::string& path,
                     std::vector<fault>& faults) {
    const auto& given = step.parameters.at("arguments").as_array();
    for (std::size_t i = 0; i < filled.size(); ++i) {
        const auto& text = filled[i].as_string();
        const std::string at = path + "[" + std::to_string(i) + "]";
        if (text.starts_with("-") && !given[i].as_string().starts_with("-"))
            faults.push_back({at, 0, "begins with - once the alert is filled in"});
        else if (text.find('\0') != text.npos || has_control({text.data(), text.size()}))
            faults.push_back({at, 0, "has control characters once the alert is filled in"});
    }
}

std::int64_t size_of(const parameter_rule& rules) {
    switch (rules.kind) {
        case id:
        case command: return 128;
        case ip:
        case host: return 253;
        default: return rules.max;
    }
}

void check_one(const parameter_rule& rules, object_reader& members, std::vector<fault>& faults) {
    switch (rules.kind) {
        case choice: static_cast<void>(members.choice(rules.name, rules.choices, rules.is_required)); return;
        case tags: static_cast<void>(members.texts(rules.name, 50, {1, 100})); return;
        case arguments: {
            const auto all = members.texts(rules.name, 20, {0, 500});
            for (std::size_t i = 0; i < all.size(); ++i)
                if (auto wrong = fault_in(rules, all[i]); !wrong.empty())
                    members.refuse(std::string(rules.name) + "[" + std::to_string(i) + "]", std::move(wrong));
            return;
        }
        case object:
            if (const auto* given = members.find(rules.name); given != nullptr && !given->is_object())
                members.refuse(rules.name, "must be an object");
            return;
        default: break;
    }
    static_cast<void>(faults);
    const auto given = members.text(rules.name, {1, size_of(rules)}, rules.is_required);
    if (!given) return;
    // Which action and which command are a matter of the playbook, never of the alert.
    const bool is_fixed = rules.kind == id || rules.kind == command;
    if (is_fixed && has_placeholder(*given)) return members.refuse(rules.name, "must not depend on the alert");
    if (auto wrong = fault_in(rules, *given); !wrong.empty()) members.refuse(rules.name, std::move(wrong));
}

bool is_response(step_type type) {
    return type == step_type::block_ip || type == step_type::isolate_host || type == step_type::quarantine_file ||
           type == step_type::run_script;
}

}  // namespace

void check_parameters(step_type type, const boost::json::value& given, const std::string& path,
                      std::vector<fault>& faults) {
    object_reader members(given, path, faults);
    if (!members.is_object()) return;
    for (const parameter_rule& each : members_of(type)) check_one(each, members, faults);
    members.refuse_others();
    const auto& object = given.get_object();
    if (is_response(type) && object.contains("action_id") == object.contains("command"))
        members.refuse("action_id", "is required, or a command, and not both");
    if (type == step_type::run_script && object.contains("arguments") && !object.contains("command"))
        members.refuse("arguments", "is for a command");
    if (type == step_type::update_alert && object.size() == (object.contains("note") ? 1U : 0U))
        faults.push_back({path, 0, "must say what of the alert changes"});
}

// Braces that an alert brought stand for nothing: they are looked at like other text.
void check_filled(const step_definition& step, const boost::json::value& filled, std::vector<fault>& faults) {
    const auto& object = filled.get_object();
    for (const parameter_rule& each : members_of(step.type)) {
        const auto* const given = object.if_contains({each.name.data(), each.name.size()});
        if (given == nullptr) continue;
        const std::string path = "parameters." + std::string(each.name);
        if (each.kind == arguments && given->is_array()) {
            check_arguments(step, given->get_array(), path, faults);
        } else if (const auto* text = given->if_string()) {
            const std::string plain(text->data(), text->size());
            if (plain.empty()) faults.push_back({path, 0, "is empty once the alert is filled in"});
            else if (auto wrong = fault_in_plain(each, plain); !wrong.empty())
                faults.push_back({path, 0, std::move(wrong)});
        }
    }
}

bool can_use(step_type step, action_type action) noexcept {
    switch (step) {
        case step_type::send_notification: return action != action_type::jira;
        case step_type::create_ticket: return action == action_type::jira || action == action_type::webhook;
        default: return action == action_type::webhook;
    }
}

std::string usable_actions(step_type step) {
    std::string list;
    for (std::size_t i = 0; i < action_types.size(); ++i)
        if (can_use(step, static_cast<action_type>(i))) list.append(list.empty() ? "" : ", ").append(action_types[i]);
    return list;
}

}  // namespace carrel::siem
