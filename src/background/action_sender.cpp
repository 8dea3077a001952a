#include "background/action_sender.hpp"

#include "background/mail_text.hpp"
#include "base/base64url.hpp"
#include "json/value_text.hpp"
#include "outbound/fetch.hpp"
#include "outbound/retry_after.hpp"
#include "outbound/smtp.hpp"

#include <boost/json/parse.hpp>

namespace carrel::siem {

namespace {

namespace json_of = boost::json;

std::string text_at(const opened_action& what, std::string_view name) {
    const auto* const found = what.config.if_contains(name);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::string secret_at(const opened_action& what, std::string_view name) {
    const auto found = what.secrets.find(name);
    return found == what.secrets.end() ? std::string() : found->second;
}

void add_headers(const json_of::object& from, outbound::headers& into) {
    for (const auto& [name, text] : from)
        into.push_back({{name.data(), name.size()}, {text.as_string().data(), text.as_string().size()}});
}

outbound::request webhook_request(const opened_action& what, std::string body) {
    outbound::request made{.method = text_at(what, "method"), .url = text_at(what, "url")};
    if (made.method.empty()) made.method = "POST";
    if (const auto* open = what.config.if_contains("headers")) add_headers(open->as_object(), made.fields);
    if (const auto sealed = secret_at(what, "secret_headers"); !sealed.empty())
        add_headers(json_of::parse(sealed).as_object(), made.fields);
    made.fields.push_back({"Content-Type", "application/json"});
    made.body = std::move(body);
    return made;
}

outbound::request slack_request(const opened_action& what, const std::string& text) {
    json_of::object message{{"text", text}};
    if (const auto channel = text_at(what, "channel"); !channel.empty()) message["channel"] = channel;
    outbound::request made{.method = "POST", .url = secret_at(what, "webhook_url")};
    made.fields.push_back({"Content-Type", "application/json"});
    json::append_value(made.body, message);
    return made;
}

// A project's key or number in a path.
std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                              c == '_' || c == '~';
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain) out += c;
        else out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    return out;
}

outbound::request jira_request(const opened_action& what, const std::string& path) {
    std::string base = text_at(what, "base_url");
    while (base.ends_with('/')) base.pop_back();
    outbound::request made{.url = base + path};
    made.fields.push_back({"Accept", "application/json"});
    const std::string user = text_at(what, "user"), token = secret_at(what, "token");
    if (!user.empty()) made.fields.push_back({"Authorization", "Basic " + to_base64(user + ":" + token)});
    else if (!token.empty()) made.fields.push_back({"Authorization", "Bearer " + token});
    return made;
}

outbound::request project_request(const opened_action& what) {
    return jira_request(what, "/rest/api/2/project/" + percent_encoded(text_at(what, "project")));
}

outbound::request issue_request(const opened_action& what, const action_message& message) {
    outbound::request made = jira_request(what, "/rest/api/2/issue");
    made.method = "POST";
    made.fields.push_back({"Content-Type", "application/json"});
    const std::string type = text_at(what, "issue_type");
    const json_of::object issue{{"fields",
                                 {{"project", {{"key", text_at(what, "project")}}},
                                  {"issuetype", {{"name", type.empty() ? std::string("Task") : type}}},
                                  {"summary", message.subject},
                                  {"description", message.text}}}};
    json::append_value(made.body, issue);
    return made;
}

// The key of the issue, if the answer has one that looks like one.
std::string key_in(const std::string& body) {
    boost::system::error_code ec;
    const auto answer = json_of::parse(body, ec);
    const auto* object = ec ? nullptr : answer.if_object();
    const auto* key = object == nullptr ? nullptr : object->if_contains("key");
    const auto* text = key == nullptr ? nullptr : key->if_string();
    return text == nullptr || text->size() > 100 ? std::string() : std::string(text->data(), text->size());
}

attempt send(const outbound::request& message, const outbound::policy& rules, const std::stop_token& stop) {
    const auto answer = outbound::fetch(message, rules, stop);
    if (!answer) return {.detail = answer.error().text};
    const bool is_well = answer->status >= 200 && answer->status < 300;
    attempt made{.has_succeeded = is_well,
                 .status = answer->status,
                 .detail = "the answer has the status " + std::to_string(answer->status),
                 .reference = is_well ? key_in(answer->body) : std::string()};
    if (answer->status == 429 || answer->status == 503)
        made.wait = outbound::parse_retry_after(answer->field("retry-after"), std::chrono::system_clock::now())
                        .value_or(std::chrono::seconds(0));
    return made;
}

outbound::mail_probe probe_of(const opened_action& what) {
    outbound::mail_probe probe{.host = text_at(what, "smtp_server"),
                               .port = static_cast<std::uint16_t>(what.config.at("port").as_int64()),
                               .from = text_at(what, "from"),
                               .to = {},
                               .user = text_at(what, "user"),
                               .password = secret_at(what, "password")};
    const std::string tls = text_at(what, "tls");
    probe.tls = tls == "tls"        ? outbound::mail_tls::whole
                : tls == "starttls" ? outbound::mail_tls::begun
                                    : outbound::mail_tls::none;
    const auto& to = what.config.at("to");
    if (const auto* list = to.if_array())
        for (const auto& each : *list) probe.to.emplace_back(each.as_string().data(), each.as_string().size());
    else probe.to.push_back(text_at(what, "to"));
    return probe;
}

attempt attempt_of(const base::outcome<outbound::mail_verdict>& done) {
    if (!done) return {.detail = done.error().text};
    return {.has_succeeded = done->is_accepted, .status = done->status, .detail = done->detail};
}

}  // namespace

attempt try_action(const opened_action& what, const outbound::policy& rules, const std::stop_token& stop) {
    constexpr std::string_view said =
        R"({"type":"test","source":"carrel","message":"A test of this action; nothing has happened."})";
    switch (what.type) {
        case action_type::webhook: return send(webhook_request(what, std::string(said)), rules, stop);
        case action_type::jira: return send(project_request(what), rules, stop);
        case action_type::slack:
            return send(slack_request(what, "carrel: a test of this action; nothing has happened."), rules, stop);
        case action_type::email: return attempt_of(outbound::probe_mail(probe_of(what), rules, stop));
    }
    return {.detail = "the type of the action is unknown"};
}

attempt send_action(const opened_action& what, const action_message& message, const outbound::policy& rules,
                    const std::stop_token& stop) {
    const auto with_key = [&](outbound::request made) {
        if (!message.idempotency_key.empty()) made.fields.push_back({"Idempotency-Key", message.idempotency_key});
        return made;
    };
    const std::string words = message.subject.empty() ? message.text : message.subject + "\n" + message.text;
    switch (what.type) {
        case action_type::webhook: return send(with_key(webhook_request(what, message.payload)), rules, stop);
        case action_type::jira: return send(issue_request(what, message), rules, stop);
        case action_type::slack: return send(slack_request(what, words), rules, stop);
        case action_type::email: {
            const outbound::mail_probe probe = probe_of(what);
            return attempt_of(outbound::send_mail(probe, mail_text(probe, message), rules, stop));
        }
    }
    return {.detail = "the type of the action is unknown"};
}

}  // namespace carrel::siem
