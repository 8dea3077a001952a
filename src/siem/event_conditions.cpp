#include "siem/event_conditions.hpp"

#include "json/top_level.hpp"
#include "query/tokens.hpp"
#include "resource/row_query.hpp"
#include "siem/event_cost.hpp"
#include "siem/events.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::string_view member_prefix = "field.";

constexpr std::array<std::string_view, segments::column_count> column_names = {"source", "host", "channel",
                                                                               "event_code", "severity"};

void add_time(std::optional<timestamp>& bound, std::string_view text, timestamp now, bool earliest) {
    const auto at = parse_time(text, now);
    if (at && (!bound || (earliest ? *at < *bound : *at > *bound))) bound = at;
}

void add_member(std::vector<event_conditions::member>& members, std::string_view key, const std::string& value) {
    const auto known = std::find_if(members.begin(), members.end(), [&](const auto& each) { return each.key == key; });
    if (known == members.end()) members.push_back({std::string(key), {value}});
    else known->values.push_back(value);
}

void add_search(event_conditions& into, std::string_view text) {
    auto read = query::parse(text);
    if (const auto* wrong = std::get_if<query::syntax_error>(&read)) into.faults.push_back(fault_of("q", *wrong));
    else into.searches.push_back(std::move(std::get<query::expression>(read)));
}

// Repeating a filter means any of them, so the widest range is meant.
void add(event_conditions& into, std::string_view name, const std::string& text, timestamp now) {
    const auto column = std::find(column_names.begin(), column_names.end(), name);
    if (column != column_names.end())
        into.texts[static_cast<std::size_t>(column - column_names.begin())].push_back(text);
    else if (name == "from") add_time(into.range.from, text, now, true);
    else if (name == "to") add_time(into.range.to, text, now, false);
    else if (name == "q") add_search(into, text);
    else if (name.starts_with(member_prefix)) add_member(into.members, name.substr(member_prefix.size()), text);
}

query::requirement one_of(std::vector<query::requirement> parts) {
    query::requirement made;
    made.is = query::requirement::kind::one_of;
    made.parts = std::move(parts);
    return made;
}

query::requirement leaf(query::requirement::kind is, std::uint64_t token) {
    query::requirement made;
    made.is = is;
    made.token = token;
    return made;
}

query::requirement required_of(const event_conditions::member& wanted) {
    std::vector<query::requirement> parts;
    for (const std::string& value : wanted.values) {
        const auto token = query::member_token(wanted.key, value);
        auto& part = parts.emplace_back();
        if (!token) continue;
        part.is = query::requirement::kind::all_of;
        part.parts = {leaf(query::requirement::kind::path, query::key_token(wanted.key)),
                      leaf(query::requirement::kind::token, *token)};
    }
    return one_of(std::move(parts));
}

query::event_columns columns_of(const segments::event_head& head, std::string_view id) {
    query::event_columns columns;
    columns.id = id;
    columns.source = head.texts[segments::source];
    columns.host = head.texts[segments::host];
    columns.channel = head.texts[segments::channel];
    columns.event_code = head.texts[segments::event_code];
    columns.severity = head.texts[segments::severity];
    columns.timestamp = head.at;
    columns.received_at = head.received_at;
    return columns;
}

}  // namespace

bool event_conditions::look_at_columns() const noexcept {
    return std::any_of(texts.begin(), texts.end(), [](const auto& wanted) { return !wanted.empty(); });
}

bool event_conditions::look_at_paths() const noexcept {
    return std::any_of(required.begin(), required.end(), [](const auto& each) { return each.asks_for_path(); });
}

bool event_conditions::may_pass(const segments::token_filter& paths) const {
    const auto where = [&](std::uint64_t token, query::requirement::kind is) {
        return is == query::requirement::kind::path ? paths.frames_of(token) : segments::all_frames;
    };
    return std::all_of(required.begin(), required.end(),
                       [&](const query::requirement& each) { return each.places(where) != 0; });
}

event_conditions read_event_conditions(const operation& what, const call& request) {
    conditions checked = read_conditions(events(), request.query, request.now);
    event_conditions made;
    made.canonical = std::move(checked.canonical);
    made.faults = std::move(checked.faults);
    for (const auto& [name, text] : request.query) add(made, name, text, request.now);
    made.cost_key = cost_key(what, request, made.range);
    if (!made.faults.empty()) return made;
    for (const auto& member : made.members) made.required.push_back(required_of(member));
    std::vector<query::requirement> searched;
    for (const auto& search : made.searches) searched.push_back(query::required_tokens(search));
    if (!searched.empty()) made.required.push_back(one_of(std::move(searched)));
    return made;
}

text_test::text_test(const event_conditions& conditions)
    : conditions_(&conditions) {
    for (const auto& search : conditions.searches) searches_.emplace_back(search);
}

bool text_test::passes(std::string_view fields, const segments::event_head& head) {
    const auto& members = conditions_->members;
    if (!std::all_of(members.begin(), members.end(), [&](const auto& each) { return holds(each, fields); }))
        return false;
    if (searches_.empty()) return true;
    const std::string id = text_of(head.id);
    const auto columns = columns_of(head, id);
    return std::any_of(searches_.begin(), searches_.end(),
                       [&](query::matcher& each) { return each.matches(fields, columns); });
}

bool text_test::holds(const event_conditions::member& wanted, std::string_view fields) {
    const auto value = json::top_level_value(fields, wanted.key, scratch_);
    return value && std::find(wanted.values.begin(), wanted.values.end(), *value) != wanted.values.end();
}

}  // namespace carrel::siem
