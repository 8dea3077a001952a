#include "siem/field_mappings.hpp"

#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/mapping_text.hpp"
#include "siem/rule_lifecycle.hpp"
#include "siem/rules.hpp"

#include <boost/json/parse.hpp>

namespace carrel::siem {

namespace {

constexpr std::size_t paths_in_force_max = 2'000;

struct places {
    std::size_t mappings, aliases, builtin, enabled, lifecycle;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return field_mappings().position(name); };
        return places{of("mappings"), of("aliases"), of("builtin"), of("enabled"), of("lifecycle")};
    }();
    return found;
}

const std::string* text_of(const std::optional<value>& given) {
    return given ? std::get_if<std::string>(&*given) : nullptr;
}

void derive(const resource&, const call&, given_members& given, bool is_new, std::vector<fault>& faults) {
    for (const std::size_t place : {at().mappings, at().aliases})
        if ((is_new && !given[place]) || (given[place] && text_of(given[place]) == nullptr))
            given[place].emplace(std::string("{}"));
    if (const auto* text = text_of(given[at().mappings])) check_mappings(boost::json::parse(*text), faults);
    if (const auto* text = text_of(given[at().aliases])) check_aliases(boost::json::parse(*text), faults);
}

void check(const resource&, const call&, const record*, record& row, std::vector<fault>& faults) {
    if (*row.text(at().mappings) == "{}" && *row.text(at().aliases) == "{}")
        faults.push_back({"mappings", 0, "and aliases are both empty"});
}

result<void> refuse_builtin(const record& row, reply& into) {
    if (row.integer(at().builtin) == 0) return {};
    return refuse(into, {problem_code::conflict, "the builtin mappings cannot be changed or deleted", {}});
}

bool is_in_force(const record& row) {
    const std::int64_t stage = row.integer(at().lifecycle);
    return row.integer(at().enabled) != 0 && (stage == static_cast<std::int64_t>(lifecycle::test) ||
                                              stage == static_cast<std::int64_t>(lifecycle::stable));
}

result<void> before_update(const resource&, write_session& session, const call&, const record& before, record& after,
                           reply& into) {
    if (auto allowed = refuse_builtin(before, into); !allowed) return allowed;
    if (is_in_force(before) && before.values[at().mappings] == after.values[at().mappings]) return {};
    return require_mapping_room(session, after, into);
}

result<void> before_delete(const resource&, write_session&, const record& row, reply& into) {
    return refuse_builtin(row, into);
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 200},
        {.name = "description", .patchable = true, .max = 10'000},
        {.name = "builtin", .kind = boolean, .from = origin::server, .initial = 0},
        {.name = "enabled", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "priority",
         .kind = integer,
         .patchable = true,
         .max = 999'999,
         .initial = 100,
         .summary = "Of two mappings of a column, the lower wins."},
        {.name = "mappings",
         .kind = object,
         .patchable = true,
         .max = 1 << 20,
         .summary = "Paths of fields, each with the column that it gives its value."},
        {.name = "aliases",
         .kind = object,
         .patchable = true,
         .max = 1 << 20,
         .summary = "Names that rules use, each with the path that has its value."},
        {.name = "lifecycle", .kind = enumeration, .from = origin::server, .values = lifecycles, .initial = 0},
        {.name = "deprecated_at", .kind = field_kind::time, .from = origin::server},
        {.name = "deprecated_reason", .from = origin::server},
        {.name = "deprecated_by", .from = origin::server},
        {.name = "sunset_at", .kind = field_kind::time, .from = origin::server},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "builtin", .kind = boolean, .column = "builtin"},
        {.name = "enabled", .kind = boolean, .column = "enabled"},
        {.name = "lifecycle", .kind = enumeration, .column = "lifecycle", .values = lifecycles},
        {.name = "name", .column = "name"},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q", .kind = words, .summary = "A query of name and description."},
    };
}

}  // namespace

// All mappings in force are one table.
result<void> require_mapping_room(read_session& session, const record& row, reply& into) {
    if (!is_in_force(row)) return {};
    auto others =
        session.all<std::string>(read_sql("SELECT mappings FROM field_mappings "
                                          "WHERE builtin = 0 AND enabled = 1 AND lifecycle IN (1, 2) AND seq <> ?"),
                                 row.row);
    if (!others) return others.error();
    std::size_t paths = count_paths(*row.text(at().mappings));
    for (const std::string& each : *others) paths += count_paths(each);
    if (paths <= paths_in_force_max) return {};
    return refuse(into, {problem_code::conflict,
                         "the mappings in use would have " + std::to_string(paths) + " paths; at most " +
                             std::to_string(paths_in_force_max) + " are taken",
                         {}});
}

const resource& field_mappings() {
    static const resource instance({
        .name = "field_mapping",
        .plural = "field-mappings",
        .table = "field_mappings",
        .reads = permission::read_rules,
        .writes = permission::admin_system,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"name", "priority", "created_at", "updated_at", "sunset_at"},
        .sorts_ascending = true,
        .text = {"name", "description"},
        .history = {"lifecycle", "enabled"},
        .keeps_versions = true,
        .machines = {lifecycle_machine("lifecycle")},
        .unique = {{"field_mappings.name", "name"}},
        .hooks = {.derive = derive, .check = check, .before_update = before_update, .before_delete = before_delete},
    });
    return instance;
}

std::vector<const resource*> field_mapping_resources() { return {&field_mappings()}; }

std::vector<operation> field_mapping_operations() {
    std::vector<operation> all = common_operations(field_mappings());
    all.push_back(mapping_trial_operation());
    all.push_back(mapping_discovery_operation());
    return all;
}

}  // namespace carrel::siem
