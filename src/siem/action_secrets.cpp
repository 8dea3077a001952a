#include "siem/action_secrets.hpp"

#include "json/value_text.hpp"
#include "siem/actions.hpp"
#include "siem/secrets.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <iterator>

namespace carrel::siem {

namespace {

namespace json_of = boost::json;

// What a change of `config` by a merge patch adds to the sealed members: that they are merged, too. No secret has this name.
constexpr std::string_view is_merged = "*";

struct places {
    std::size_t id, type, config, secrets;
};
const places& at() {
    static const places found{actions().position("id"), actions().position("type"), actions().position("config"),
                              actions().position("secrets")};
    return found;
}

json_of::object object_of(const value& text) {
    const auto* const given = std::get_if<std::string>(&text);
    return given == nullptr ? json_of::object() : json_of::parse(*given).as_object();
}

std::string text_of(const json_of::object& members) {
    std::string text;
    json::append_value(text, members);
    return text;
}

std::string place_of(std::string_view id, std::string_view member) {
    return "actions/" + std::string(id) + "/" + std::string(member);
}

// A secret as it is sealed: a text as it is, headers as JSON.
std::string plain_of(const json_of::value& given) {
    if (const auto* text = given.if_string()) return std::string(text->data(), text->size());
    return text_of(given.as_object());
}

std::string id_of(const call& request, const given_members& given, bool is_new) {
    const auto* const own = given[at().id] ? std::get_if<std::string>(&*given[at().id]) : nullptr;
    if (own != nullptr) return *own;
    return is_new ? request.fresh_id : request.path[0];
}

// RFC 7396.
void merge(json_of::object& into, const json_of::object& change) {
    for (const auto& [name, given] : change) {
        if (given.is_null()) {
            into.erase(name);
        } else if (const auto* members = given.if_object()) {
            auto& held = into[name];
            if (!held.is_object()) held = json_of::object();
            merge(held.as_object(), *members);
        } else {
            into[name] = given;
        }
    }
}

std::vector<std::string> names_of(const json_of::object& members) {
    std::vector<std::string> names;
    for (const auto& each : members) names.emplace_back(each.key().data(), each.key().size());
    return names;
}

// Who may change an action never sees its secrets: they are not sent where somebody else has turned them to.
void require_secrets_again(const json_of::object& before, const json_of::object& after, const json_of::object& sealed,
                           const json_of::object& given, std::vector<fault>& faults) {
    constexpr std::string_view addresses[] = {"url", "base_url", "smtp_server", "port", "tls"};
    const auto of = [](const json_of::object& config, std::string_view name) {
        const auto* const found = config.if_contains(name);
        return found == nullptr ? json_of::value() : *found;
    };
    const auto* const moved = std::find_if(std::begin(addresses), std::end(addresses),
                                           [&](std::string_view name) { return of(before, name) != of(after, name); });
    if (moved == std::end(addresses)) return;
    for (const std::string& name : names_of(sealed))
        if (!given.contains(name))
            faults.push_back({"config." + name, 0,
                              "must be given again, or null, since config." + std::string(*moved) + " has changed"});
}

}  // namespace

void seal_config(const call& request, given_members& given, bool is_new, std::vector<fault>& faults) {
    auto& config = given[at().config];
    if (!config || !std::holds_alternative<std::string>(*config)) return;
    const std::string id = id_of(request, given, is_new);
    json_of::object open, sealed;
    for (const auto& [key, member] : object_of(*config)) {
        const std::string_view name(key.data(), key.size());
        const config_member* const secret = secret_member(name);
        if (secret == nullptr) {
            open[key] = member;
            continue;
        }
        sealed[key] = nullptr;
        if (member.is_null()) continue;
        const auto known = faults.size();
        check_member(*secret, member, "config." + std::string(name), faults);
        // Where a secret belongs is sealed with it.
        if (id.empty()) faults.push_back({"config." + std::string(name), 0, "is set for one action at a time"});
        if (faults.size() > known) continue;
        auto box = seal_secret(plain_of(member), place_of(id, name));
        if (box) sealed[key] = *box;
        else faults.push_back({"config." + std::string(name), 0, "cannot be kept: " + box.error().text});
    }
    if (!is_new) sealed[is_merged] = nullptr;
    config.emplace(std::in_place_type<std::string>, text_of(open));
    given[at().secrets].emplace(std::in_place_type<std::string>, text_of(sealed));
}

void settle_config(const call& request, const record* before, record& after, std::vector<fault>& faults) {
    if (before == nullptr && !request.path[0].empty()) return;
    const bool has_before = before != nullptr && before->values[at().type] == after.values[at().type];
    if (has_before && before->values[at().config] == after.values[at().config] &&
        before->values[at().secrets] == after.values[at().secrets])
        return;
    const json_of::object was = has_before ? object_of(before->values[at().secrets]) : json_of::object();
    json_of::object given = object_of(after.values[at().secrets]), sealed = was, config;
    // A change of type alone leaves the secrets of the type that was.
    if (before != nullptr && !has_before && before->values[at().secrets] == after.values[at().secrets]) given.clear();
    const json_of::object config_before = has_before ? object_of(before->values[at().config]) : json_of::object();
    if (given.erase(is_merged) != 0 && has_before) config = config_before;
    merge(config, object_of(after.values[at().config]));
    merge(sealed, given);
    if (has_before) require_secrets_again(config_before, config, sealed, given, faults);
    check_config(static_cast<action_type>(after.integer(at().type)), config, names_of(sealed), faults);
    after.values[at().config] = text_of(config);
    after.values[at().secrets] = sealed.empty() ? value() : value(text_of(sealed));
}

base::outcome<opened_action> open_action(const record& row) {
    opened_action made;
    made.type = static_cast<action_type>(row.integer(at().type));
    made.config = object_of(row.values[at().config]);
    for (const auto& [key, sealed] : object_of(row.values[at().secrets])) {
        const std::string name(key.data(), key.size());
        auto plain =
            open_secret({sealed.as_string().data(), sealed.as_string().size()}, place_of(*row.text(at().id), name));
        if (!plain) return base::failure{"config.", name, ": ", plain.error().text};
        made.secrets.emplace(name, std::move(*plain));
    }
    return made;
}

}  // namespace carrel::siem
