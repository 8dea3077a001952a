#include "resource/resource.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

template <class Fields, class Text>
std::string joined(const Fields& of, std::string_view between, Text text) {
    std::string list;
    for (const auto& each : of) {
        if (!list.empty()) list += between;
        list += text(each);
    }
    return list;
}

bool may_change(const field& rules) {
    if (rules.from == origin::now) return rules.name != "created_at";
    const bool by_others = rules.from == origin::server || rules.from == origin::changer;
    return rules.patchable || rules.changes || by_others || rules.seen == visibility::hidden;
}

// What precedes a value in JSON: the end of an object before it, a comma, the beginning of its own.
std::string opening_of(const field& rules, const field* before) {
    std::string text;
    const std::string_view was = before == nullptr ? std::string_view() : before->inside;
    const bool begins = rules.inside != was;
    if (begins && !was.empty()) text += '}';
    text += before == nullptr ? '{' : ',';
    if (begins && !rules.inside.empty()) text.append("\"").append(rules.inside).append("\":{");
    return text.append("\"").append(rules.name).append("\":");
}

std::string selected(const field& rules) {
    return rules.is_stored() ? rules.column_name() : "(" + std::string(rules.expression) + ")";
}

void add_shown(resource& of) {
    const field* before = nullptr;
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        const field& rules = of.fields[i];
        of.paths.push_back(rules.path());
        if (rules.is_stored()) of.stored.push_back(i);
        else of.is_computed = true;
        if (rules.is_stored() && may_change(rules)) of.changing.push_back(i);
        if (rules.seen != visibility::shown) continue;
        of.shown.push_back({i, json::short_text(opening_of(rules, before))});
        if (before != nullptr) of.columns += ',';
        of.columns += selected(rules);
        before = &rules;
    }
    of.closing = before != nullptr && !before->inside.empty() ? "}}" : "}";
}

std::string placeholders(std::size_t count) {
    std::string list = "?";
    for (std::size_t i = 1; i < count; ++i) list += ",?";
    return list;
}

}  // namespace

resource::resource(resource_spec description)
    : resource_spec(std::move(description)) {
    if (table.empty()) table = plural;
    id = position(key);
    version = position("version");
    updated_at = position("updated_at");
    if (parent.by != nullptr) owner = position(parent.field);
    add_shown(*this);
    if (!text.empty()) index.emplace(table, text);

    const auto column = [&](std::size_t i) { return fields[i].column_name(); };
    const std::string all = joined(stored, ",", column), of(table);
    std::string where = " WHERE " + column(id) + " = ?";
    if (owner != absent) where += " AND " + column(owner) + " = ?";
    select_json = "SELECT " + columns + ",seq FROM " + of + where;
    select_json_at =
        "SELECT " + columns + " FROM " + of + " WHERE seq = ? AND" + where.substr(where.find(" WHERE") + 6);
    select_record = "SELECT seq," + all + " FROM " + of + where;
    // What fails is undone with its job or its part: a statement that could undo itself would keep a journal, which SQLite
    // walks through at the end of each statement.
    insert = "INSERT OR FAIL INTO " + of + "(" + all + ") VALUES (" + placeholders(stored.size()) + ")";
    update = "UPDATE " + of + " SET " + joined(changing, ", ", [&](std::size_t i) { return column(i) + " = ?"; }) +
             " WHERE seq = ?";
    remove = "DELETE FROM " + of + " WHERE seq = ?";
}

std::size_t resource::position(std::string_view field_path) const noexcept {
    const auto dot = field_path.find('.');
    const auto inside = dot == field_path.npos ? std::string_view() : field_path.substr(0, dot);
    const auto own = dot == field_path.npos ? field_path : field_path.substr(dot + 1);
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const field& each) { return each.name == own && each.inside == inside; });
    return found == fields.end() ? absent : static_cast<std::size_t>(found - fields.begin());
}

std::string resource::location(const call& request, std::string_view key_text) const {
    std::string path = "/api/v1/";
    if (parent.by != nullptr) path.append(parent.by().plural).append("/").append(request.path[0]).append("/");
    return path.append(plural).append("/").append(key_text);
}

}  // namespace carrel::siem
