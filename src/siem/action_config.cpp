#include "siem/action_config.hpp"

#include "outbound/checks.hpp"
#include "resource/field.hpp"
#include "resource/problems.hpp"
#include "siem/outbound_settings.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

using enum member_kind;

constexpr std::array<std::string_view, 3> webhook_methods = {"POST", "PUT", "PATCH"};
constexpr std::array<std::string_view, 3> mail_tls = {"none", "starttls", "tls"};

constexpr std::array<config_member, 4> webhook_members = {{
    {.name = "url", .kind = url, .is_required = true},
    {.name = "method", .kind = choice, .choices = webhook_methods},
    {.name = "headers", .kind = headers},
    {.name = "secret_headers", .kind = headers, .is_secret = true},
}};
constexpr std::array<config_member, 5> jira_members = {{
    {.name = "base_url", .kind = url, .is_required = true},
    {.name = "project", .kind = text, .is_required = true, .max = 255},
    {.name = "issue_type", .kind = text, .max = 255},
    {.name = "user", .kind = text, .max = 255},
    {.name = "token", .kind = text, .is_secret = true, .max = 4096},
}};
constexpr std::array<config_member, 7> email_members = {{
    {.name = "smtp_server", .kind = host, .is_required = true},
    {.name = "port", .kind = port, .is_required = true},
    {.name = "from", .kind = address, .is_required = true},
    {.name = "to", .kind = addresses, .is_required = true},
    {.name = "tls", .kind = choice, .choices = mail_tls},
    {.name = "user", .kind = text, .max = 255},
    {.name = "password", .kind = text, .is_secret = true, .max = 4096},
}};
constexpr std::array<config_member, 2> slack_members = {{
    {.name = "webhook_url", .kind = url, .is_required = true, .is_secret = true},
    {.name = "channel", .kind = text, .max = 255},
}};

constexpr std::size_t headers_max = 50, addresses_max = 100;

bool is_printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// What goes into a dialogue of SMTP between `<` and `>`: nothing that ends it.
bool is_mail_address(std::string_view text) {
    const auto at = text.rfind('@');
    return text.size() <= 320 && at != text.npos && at > 0 && at + 1 < text.size() &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '<' && c != '>' && c != ',' && c != ';';
           });
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' ||
               c == ':';
    });
}

std::string fault_in_text(const config_member& rules, std::string_view given) {
    switch (rules.kind) {
        case url: return outbound::fault_in_url(given, outbound_in_force().actions);
        case host: return is_host(given) ? "" : "must be a host's name or address";
        case address: return is_mail_address(given) ? "" : "must be a mail address, such as soc@example.org";
        case choice: return index_of(rules.choices, given) ? "" : "must be one of " + list_of(rules.choices);
        default: break;
    }
    if (given.empty() || given.size() > rules.max) return "must have 1 to " + std::to_string(rules.max) + " bytes";
    return is_printable(given) ? "" : "must not have control characters";
}

void check_headers(const boost::json::value& given, const std::string& path, std::vector<fault>& faults) {
    const auto* object = given.if_object();
    if (object == nullptr || object->size() > headers_max) {
        faults.push_back({path, 0, "must be an object of at most " + std::to_string(headers_max) + " headers"});
        return;
    }
    for (const auto& [name, text] : *object) {
        const std::string_view key(name.data(), name.size());
        const auto* const value = text.if_string();
        const std::string at = path + "." + quoted(key);
        if (value == nullptr) {
            faults.push_back({at, 0, "must be a string"});
            continue;
        }
        if (!outbound::is_sendable(key, {value->data(), value->size()}))
            faults.push_back(
                {at, 0, "is no header that may be sent: its name, its value, or that this server sets it"});
    }
}

void check_addresses(const config_member& rules, const boost::json::value& given, const std::string& path,
                     std::vector<fault>& faults) {
    const auto* const list = given.if_array();
    if (list == nullptr || list->empty() || list->size() > addresses_max) {
        faults.push_back({path, 0, "must be a mail address or a list of 1 to " + std::to_string(addresses_max)});
        return;
    }
    config_member one = rules;
    one.kind = address;
    for (std::size_t i = 0; i < list->size(); ++i)
        check_member(one, (*list)[i], path + "[" + std::to_string(i) + "]", faults);
}

}  // namespace

std::span<const config_member> members_of(action_type type) {
    switch (type) {
        case action_type::webhook: return webhook_members;
        case action_type::jira: return jira_members;
        case action_type::email: return email_members;
        case action_type::slack: return slack_members;
    }
    return {};
}

const config_member* secret_member(std::string_view name) {
    for (std::size_t type = 0; type < action_types.size(); ++type)
        for (const config_member& each : members_of(static_cast<action_type>(type)))
            if (each.is_secret && each.name == name) return &each;
    return nullptr;
}

void check_member(const config_member& rules, const boost::json::value& given, const std::string& path,
                  std::vector<fault>& faults) {
    if (rules.kind == headers) return check_headers(given, path, faults);
    if (rules.kind == addresses && !given.is_string()) return check_addresses(rules, given, path, faults);
    if (rules.kind == port) {
        const auto* const number = given.if_int64();
        if (number == nullptr || *number < 1 || *number > 65'535)
            faults.push_back({path, 0, "must be an integer from 1 to 65535"});
        return;
    }
    const auto* const given_text = given.if_string();
    if (given_text == nullptr) {
        faults.push_back({path, 0, "must be a string"});
        return;
    }
    config_member one = rules;
    if (one.kind == addresses) one.kind = address;
    if (auto wrong = fault_in_text(one, {given_text->data(), given_text->size()}); !wrong.empty())
        faults.push_back({path, 0, std::move(wrong)});
}

void check_config(action_type type, const boost::json::object& config, std::span<const std::string> secrets,
                  std::vector<fault>& faults) {
    const auto rules = members_of(type);
    const auto find = [&](std::string_view name) {
        return std::find_if(rules.begin(), rules.end(), [&](const config_member& each) { return each.name == name; });
    };
    const std::string unknown =
        "is an unknown member of an action of type " + std::string(action_types[static_cast<std::size_t>(type)]);
    for (const auto& [key, given] : config) {
        const std::string_view name(key.data(), key.size());
        const auto found = find(name);
        const std::string path = "config." + quoted(name);
        if (found == rules.end() || found->is_secret) faults.push_back({path, 0, unknown});
        else check_member(*found, given, path, faults);
    }
    for (const std::string& name : secrets)
        if (const auto found = find(name); found == rules.end() || !found->is_secret)
            faults.push_back({"config." + name, 0, unknown});
    for (const config_member& each : rules) {
        const bool is_there = each.is_secret ? std::find(secrets.begin(), secrets.end(), each.name) != secrets.end()
                                             : config.contains(each.name);
        if (each.is_required && !is_there) faults.push_back({"config." + std::string(each.name), 0, "is required"});
    }
}

}  // namespace carrel::siem
