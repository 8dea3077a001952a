#include "background/step_effects.hpp"

#include "background/action_sender.hpp"
#include "json/value_text.hpp"
#include "outbound/child_process.hpp"
#include "siem/outbound_settings.hpp"

#include <boost/json/object.hpp>

#include <limits>

namespace carrel::siem {

namespace {

namespace json_of = boost::json;

constexpr std::size_t command_output_bytes_max = 16 * 1024;

std::string text_of(const json_of::value& of) {
    std::string text;
    json::append_value(text, of);
    return text;
}

json_of::object payload_of(const step_to_do& step) {
    const std::string_view type = step_types[static_cast<std::size_t>(step.what.type)];
    return {{"type", "playbook_step"},
            {"source", "carrel"},
            {"execution_id", step.execution_id},
            {"playbook", {{"id", step.playbook_id}, {"name", step.playbook_name}}},
            {"step", {{"id", step.what.id}, {"type", json_of::string(type.data(), type.size())}}},
            {"attempt", step.attempt},
            {"parameters", step.what.parameters},
            {"alert", step.alert}};
}

action_message message_of(const step_to_do& step) {
    action_message made;
    made.idempotency_key = step.execution_id + "-" + step.what.id;
    made.subject = step.what.parameter(step.what.type == step_type::create_ticket ? "summary" : "subject");
    made.text = step.what.parameter(step.what.type == step_type::create_ticket ? "description" : "message");
    const auto* own = step.what.parameters.if_contains("payload");
    made.payload = text_of(own != nullptr ? *own : json_of::value(payload_of(step)));
    return made;
}

step_effect by_action(const step_to_do& step, const outbound::policy& rules, const std::stop_token& stop) {
    step_effect made;
    const auto opened = open_action(*step.action);
    if (!opened) {
        made.outcome.error = opened.error().text;
        return made;
    }
    outbound::policy own = rules;
    own.deadline = std::chrono::seconds(step.what.timeout_s);
    own.on_sending = [&made] { made.has_begun = true; };
    const attempt tried = send_action(*opened, message_of(step), own, stop);
    made.outcome.answer_status = tried.status;
    made.outcome.wait_s = tried.wait.count();
    if (tried.has_succeeded) {
        made.outcome.status = step_status::succeeded;
        if (!tried.reference.empty()) made.outcome.output = json_of::object{{"reference", tried.reference}};
        return made;
    }
    // Sent, and no answer: nobody here knows what came of it.
    const bool is_known = tried.status != 0 || !made.has_begun;
    made.outcome.status = is_known ? step_status::failed : step_status::unknown;
    made.outcome.error = tried.detail;
    return made;
}

// `ip=192.0.2.1`, `host=…`: what an alert says is never an option. Only a script has arguments as they are.
std::vector<std::string> arguments_of(const step_definition& what) {
    std::vector<std::string> all;
    if (const auto* given = what.parameters.if_contains("arguments"); given != nullptr && given->is_array())
        for (const auto& each : given->get_array()) all.emplace_back(each.as_string().data(), each.as_string().size());
    for (const auto& each : what.parameters) {
        if (each.key() == "command" || !each.value().is_string()) continue;
        const auto& text = each.value().get_string();
        all.push_back(std::string(each.key()) + "=" + std::string(text.data(), text.size()));
    }
    return all;
}

// Valid as a text of JSON, whatever a program says.
std::string readable(std::string text) {
    for (char& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\n' && c != '\t') || byte > 0x7e) c = '?';
    }
    return text;
}

step_effect by_command(const step_to_do& step, const std::stop_token& stop) {
    step_effect made;
    const auto& allowed = outbound_in_force().commands;
    const auto found = allowed.find(step.what.parameter("command"));
    if (found == allowed.end()) {
        made.outcome.error = "the command is not one that this server allows";
        return made;
    }
    std::string said;
    const outbound::child program{
        .program = found->second.string(),
        .arguments = arguments_of(step.what),
        .environment = {"PATH=/usr/bin:/bin", "CARREL_EXECUTION=" + step.execution_id, "CARREL_STEP=" + step.what.id},
        .directory = "/",
        .error_path = "/dev/null",
        .file_bytes_max = std::numeric_limits<std::size_t>::max(),
        .output = &said,
        .output_bytes_max = command_output_bytes_max};
    made.has_begun = true;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(step.what.timeout_s);
    const auto status = outbound::run(program, deadline, stop, [] { return std::string(); });
    made.outcome.output = json_of::object{{"output", readable(std::move(said))}};
    if (!status) {
        made.outcome.status = step_status::unknown;
        made.outcome.error = status.error().text;
        return made;
    }
    made.outcome.answer_status = *status;
    if (*status == 0) made.outcome.status = step_status::succeeded;
    else made.outcome.error = "the command ended with " + std::to_string(*status);
    return made;
}

}  // namespace

step_effect have_effect(const step_to_do& step, const outbound::policy& rules, const std::stop_token& stop) {
    if (step.action) return by_action(step, rules, stop);
    return by_command(step, stop);
}

std::string tell(const approval_notice& notice, const outbound::policy& rules, const std::stop_token& stop) {
    if (!notice.error.empty()) return notice.error;
    const auto opened = open_action(*notice.action);
    if (!opened) return opened.error().text;
    action_message message;
    message.idempotency_key = notice.id + "-" + std::to_string(notice.escalation_level);
    message.subject = "Approval needed: " + notice.playbook_name + ", " + notice.step_name;
    message.text = "The playbook " + notice.playbook_name + " asks to run the step " + notice.step_name +
                   (notice.alert_id.empty() ? "" : " about the alert " + notice.alert_id) + ". Request " + notice.id +
                   ", until " + notice.expires_at + ".";
    message.payload = text_of(json_of::object{{"type", "approval"},
                                              {"source", "carrel"},
                                              {"approval_id", notice.id},
                                              {"playbook", notice.playbook_name},
                                              {"step", notice.step_name},
                                              {"alert_id", notice.alert_id},
                                              {"escalation_level", notice.escalation_level},
                                              {"expires_at", notice.expires_at},
                                              {"message", message.text}});
    const attempt tried = send_action(*opened, message, rules, stop);
    return tried.has_succeeded ? std::string() : tried.detail;
}

}  // namespace carrel::siem
