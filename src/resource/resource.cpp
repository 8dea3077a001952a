#include "resource/resource.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

std::string column_list(const std::vector<field>& fields) {
    std::string list;
    for (const field& each : fields) {
        if (!list.empty()) list += ',';
        list += each.name;
    }
    return list;
}

std::string assignments(const std::vector<field>& fields, const std::vector<std::size_t>& chosen) {
    std::string list;
    for (const std::size_t i : chosen) {
        if (!list.empty()) list += ", ";
        list += fields[i].name;
        list += " = ?";
    }
    return list;
}

bool may_change(const field& rules) {
    if (rules.from == origin::now) return rules.name != "created_at";
    return rules.patchable || rules.changes || rules.from == origin::server;
}

std::string placeholders(std::size_t count) {
    std::string list = "?";
    for (std::size_t i = 1; i < count; ++i) list += ",?";
    return list;
}

}  // namespace

resource::resource(resource_spec description)
    : resource_spec(std::move(description)) {
    id = position("id");
    version = position("version");
    updated_at = position("updated_at");
    columns = column_list(fields);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        openings.emplace_back((i == 0 ? "{\"" : ",\"") + std::string(fields[i].name) + "\":");
        if (may_change(fields[i])) changing.push_back(i);
    }
    const std::string table(plural);
    select_json = "SELECT " + columns + ",seq FROM " + table + " WHERE id = ?";
    select_json_at = "SELECT " + columns + " FROM " + table + " WHERE seq = ? AND id = ?";
    select_record = "SELECT seq," + columns + " FROM " + table + " WHERE id = ?";
    insert = "INSERT INTO " + table + "(" + columns + ") VALUES (" + placeholders(fields.size()) + ")";
    update = "UPDATE " + table + " SET " + assignments(fields, changing) + " WHERE seq = ?";
    remove = "DELETE FROM " + table + " WHERE seq = ?";
}

std::size_t resource::position(std::string_view field_name) const noexcept {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const field& each) { return each.name == field_name; });
    return found == fields.end() ? absent : static_cast<std::size_t>(found - fields.begin());
}

std::string resource::location(std::string_view id_text) const {
    return "/api/v1/" + std::string(plural) + "/" + std::string(id_text);
}

}  // namespace carrel::siem
