#include "siem/content/content_members.hpp"

#include "siem/actions.hpp"
#include "siem/field_mappings.hpp"
#include "siem/resources.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

const std::vector<std::string_view>& feed_state() {
    static const std::vector<std::string_view> names = {"status", "last_sync_at", "next_sync_at", "last_error",
                                                        "stats",  "etag",         "last_modified"};
    return names;
}

std::vector<std::string> action_secrets(const record& row) {
    std::vector<std::string> names;
    const std::string* sealed = row.text(actions().position("secrets"));
    if (sealed == nullptr) return names;
    const boost::json::value members = boost::json::parse(*sealed);
    for (const auto& each : members.as_object()) names.emplace_back(each.key().data(), each.key().size());
    return names;
}

void settle_action(record& row, std::span<const std::string> secrets, std::vector<fault>& faults) {
    const resource& of = actions();
    const boost::json::value config = boost::json::parse(*row.text(of.position("config")));
    row.values[of.position("secrets")] = value();
    check_config(static_cast<action_type>(row.integer(of.position("type"))), config.as_object(), secrets, faults);
}

// `auth_config` is the one secret of a feed, whatever it belongs to.
template <std::string_view const& table>
std::vector<std::string> feed_secrets(const record& row) {
    const resource& of = *resource_of(table);
    return row.has(of.position("auth_config")) ? std::vector<std::string>{"auth_config"} : std::vector<std::string>();
}
constexpr std::string_view rule_feed_table = "rule_feeds", ioc_feed_table = "ioc_feeds";

std::vector<content_member> all_members() {
    return {
        {.table = rule_feed_table,
         .without = feed_state(),
         .secret = "auth_config",
         .secret_names = feed_secrets<rule_feed_table>},
        {.table = ioc_feed_table,
         .without = feed_state(),
         .secret = "auth_config",
         .secret_names = feed_secrets<ioc_feed_table>},
        {.table = "actions", .secret = "secrets", .secret_names = action_secrets, .settle = settle_action},
        {.table = "rules"},
        {.table = "exceptions"},
        {.table = "correlation_rules"},
        {.table = "field_mappings",
         .condition = "builtin = 0",
         .without = {"builtin"},
         .require = require_mapping_room},
        {.table = "iocs", .is_optional = true, .without = {"normalized"}},
        {.table = "saved_searches"},
        {.table = "playbooks"},
    };
}

}  // namespace

const resource& content_member::of() const { return *resource_of(table); }

std::string content_member::file_name() const { return std::string(table) + ".ndjson"; }

bool content_member::holds(std::size_t place) const {
    const field& rules = of().fields[place];
    return rules.is_stored() && rules.seen == visibility::shown &&
           std::find(without.begin(), without.end(), rules.name) == without.end();
}

std::span<const content_member> content_members() {
    static const std::vector<content_member> known = all_members();
    return known;
}

const content_member* content_member_named(std::string_view table) {
    const auto all = content_members();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const content_member& each) { return each.table == table; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace carrel::siem
