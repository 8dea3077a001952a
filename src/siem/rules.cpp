#include "siem/rules.hpp"

#include "json/writer.hpp"
#include "resource/references.hpp"
#include "resource/state_machine.hpp"
#include "siem/actions.hpp"
#include "siem/alert_status.hpp"
#include "siem/content_text.hpp"
#include "siem/exceptions.hpp"
#include "siem/rule_lifecycle.hpp"
#include "siem/rule_operations.hpp"

namespace carrel::siem {

namespace {

// A member that the request leaves out.
void fill(std::optional<value>& into, std::int64_t place) {
    if (!into) into.emplace(std::in_place_type<std::int64_t>, place);
}
void fill(std::optional<value>& into, std::string text) {
    if (!into) into.emplace(std::in_place_type<std::string>, std::move(text));
}
void fill_text(std::optional<value>& into, const std::string& text) {
    if (!text.empty()) fill(into, text);
}
void fill_text(std::optional<value>& into, const std::optional<std::string>& text) {
    if (text) fill(into, *text);
}

rule_type type_of(const sigma::rule& from) {
    if (std::holds_alternative<sigma::correlation>(from.body)) return rule_type::correlation;
    return std::holds_alternative<sigma::filter>(from.body) ? rule_type::filter : rule_type::sigma;
}

void derive_sigma(given_members& given, std::vector<fault>& faults) {
    if (is_given_up("sigma_yaml", faults)) return;
    const std::string text = std::get<std::string>(*given[rule_at().sigma_yaml]);
    const auto read = sigma::parse_rule(text);
    if (const auto* wrong = std::get_if<sigma::faults>(&read)) return add_faults("sigma_yaml", *wrong, faults);
    take_from_sigma(std::get<sigma::rule>(read), text, given);
}

bool is_text(const std::optional<value>& given) { return given && std::holds_alternative<std::string>(*given); }

void derive(const resource&, const call&, given_members& given, bool is_new, std::vector<fault>& faults) {
    const rule_fields& at = rule_at();
    const bool is_derived = given[at.tree].has_value();  // by an import
    if (is_text(given[at.sigma_yaml]) && !is_derived) derive_sigma(given, faults);
    else if (given[at.sigma_yaml])
        for (const std::size_t each : {at.tree, at.document}) given[each].emplace();
    if (is_text(given[at.query])) check_query("query", std::get<std::string>(*given[at.query]), faults);
    if (is_new && is_text(given[at.query])) fill(given[at.type], static_cast<std::int64_t>(rule_type::query));
}

void check(const resource&, const call&, const record*, record& row, std::vector<fault>& faults) {
    const rule_fields& at = rule_at();
    const auto type = static_cast<rule_type>(row.integer(at.type));
    const std::string name(rule_types[static_cast<std::size_t>(type)]);
    const bool is_query = type == rule_type::query;
    if (is_query && !row.has(at.query)) faults.push_back({"query", 0, "is required by a rule of type query"});
    if (is_query && row.has(at.sigma_yaml)) faults.push_back({"sigma_yaml", 0, "is not taken by a rule of type query"});
    if (is_query) return;
    if (!row.has(at.sigma_yaml)) faults.push_back({"sigma_yaml", 0, "is required by a rule of type " + name});
    if (row.has(at.query)) faults.push_back({"query", 0, "is not taken by a rule of type " + name});
    if (row.has(at.document) && row.integer(at.document) != row.integer(at.type))
        faults.push_back({"type", 0,
                          "is " + name + ", but the document is a " +
                              std::string(rule_types[static_cast<std::size_t>(row.integer(at.document))])});
}

// Alerts that name a rule which was not there: it is now.
result<void> after_insert(const resource&, write_session& session, const call&, const record& row) {
    auto waiting =
        session.first_integer("SELECT 1 FROM alerts WHERE rule_id = ? AND rule_id IS NOT NULL AND rule IS NULL LIMIT 1",
                              *row.text(rule_at().id));
    if (!waiting) return waiting.error();
    if (!*waiting) return {};
    return session.execute("UPDATE alerts SET rule = ? WHERE rule_id = ? AND rule_id IS NOT NULL AND rule IS NULL",
                           row.row, *row.text(rule_at().id));
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 256},
        {.name = "type", .kind = enumeration, .required = true, .patchable = true, .values = rule_types},
        {.name = "description", .patchable = true, .max = 10'000},
        {.name = "severity", .kind = enumeration, .required = true, .patchable = true, .values = severities},
        {.name = "enabled", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "lifecycle", .kind = enumeration, .from = origin::server, .values = lifecycles, .initial = 0},
        {.name = "author", .patchable = true, .max = 1000},
        {.name = "tags", .kind = text_list, .patchable = true, .max = 200, .item_max = 200, .items = "rules_tags"},
        {.name = "references", .kind = text_list, .patchable = true, .max = 200, .item_max = 2048, .column = "refs"},
        {.name = "false_positives", .kind = text_list, .patchable = true, .max = 200, .item_max = 2000},
        {.name = "mitre_tactics",
         .kind = text_list,
         .patchable = true,
         .max = 200,
         .item_max = 100,
         .items = "rules_tactics"},
        {.name = "mitre_techniques",
         .kind = text_list,
         .patchable = true,
         .max = 200,
         .item_max = 20,
         .items = "rules_techniques"},
        {.name = "category", .patchable = true, .max = 200, .inside = "logsource"},
        {.name = "product", .patchable = true, .max = 200, .inside = "logsource"},
        {.name = "service", .patchable = true, .max = 200, .inside = "logsource"},
        {.name = "sigma_yaml", .patchable = true, .min = 1, .max = 1 << 20},
        {.name = "query", .patchable = true, .min = 1, .max = 8000},
        {.name = "actions",
         .kind = text_list,
         .patchable = true,
         .max = 20,
         .item_max = 128,
         .refers = {.to = actions},
         .items = "rules_actions"},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
        {.name = "deprecated_at", .kind = field_kind::time, .from = origin::server},
        {.name = "deprecated_reason", .from = origin::server},
        {.name = "deprecated_by", .from = origin::server},
        {.name = "sunset_at", .kind = field_kind::time, .from = origin::server},
        {.name = "tree", .from = origin::server, .seen = visibility::hidden},
        {.name = "feed_id", .from = origin::server, .summary = "The feed that it comes from and is updated by."},
        {.name = "document", .kind = integer, .from = origin::server, .seen = visibility::hidden},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "type", .kind = enumeration, .column = "type", .values = rule_types, .few = true},
        {.name = "severity", .kind = enumeration, .column = "severity", .values = severities, .few = true},
        {.name = "enabled", .kind = boolean, .column = "enabled", .few = true},
        {.name = "lifecycle", .kind = enumeration, .column = "lifecycle", .values = lifecycles, .few = true},
        {.name = "logsource.category", .column = "logsource_category", .few = true},
        {.name = "logsource.product", .column = "logsource_product", .few = true},
        {.name = "logsource.service", .column = "logsource_service", .few = true},
        {.name = "mitre_technique", .kind = item, .column = "rules_techniques"},
        {.name = "mitre_tactic", .kind = item, .column = "rules_tactics"},
        {.name = "tag", .kind = item, .column = "rules_tags"},
        {.name = "author", .column = "author"},
        {.name = "feed_id", .column = "feed_id"},
        {.name = "action", .kind = item, .column = "rules_actions"},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q", .kind = words, .summary = "A query of name and description."},
    };
}

}  // namespace

void take_from_sigma(const sigma::rule& from, std::string_view text, given_members& given) {
    const rule_fields& at = rule_at();
    fill(given[at.type], static_cast<std::int64_t>(type_of(from)));
    fill_text(given[at.name], from.title);
    fill_text(given[at.description], from.description);
    fill(given[at.severity], static_cast<std::int64_t>(from.level.value_or(sigma::level::medium)));
    fill_text(given[at.author], from.author);
    fill(given[at.tags], list_text(from.tags));
    fill(given[at.references], list_text(from.references));
    fill(given[at.false_positives], list_text(from.false_positives));
    fill(given[at.tactics], list_text(from.mitre_tactics));
    fill(given[at.techniques], list_text(from.mitre_techniques));
    fill_text(given[at.category], from.source.category);
    fill_text(given[at.product], from.source.product);
    fill_text(given[at.service], from.source.service);
    for (const std::size_t each : {at.sigma_yaml, at.tree, at.document}) given[each].reset();
    fill(given[at.sigma_yaml], std::string(text));
    fill(given[at.tree], sigma::to_json(from));
    fill(given[at.document], static_cast<std::int64_t>(type_of(from)));
}

const rule_fields& rule_at() {
    static const rule_fields found = [] {
        const auto of = [](std::string_view name) { return rules().position(name); };
        return rule_fields{.id = of("id"),
                           .name = of("name"),
                           .type = of("type"),
                           .description = of("description"),
                           .severity = of("severity"),
                           .enabled = of("enabled"),
                           .lifecycle = of("lifecycle"),
                           .author = of("author"),
                           .tags = of("tags"),
                           .references = of("references"),
                           .false_positives = of("false_positives"),
                           .tactics = of("mitre_tactics"),
                           .techniques = of("mitre_techniques"),
                           .category = of("logsource.category"),
                           .product = of("logsource.product"),
                           .service = of("logsource.service"),
                           .sigma_yaml = of("sigma_yaml"),
                           .query = of("query"),
                           .deprecated_at = of("deprecated_at"),
                           .deprecated_reason = of("deprecated_reason"),
                           .deprecated_by = of("deprecated_by"),
                           .sunset_at = of("sunset_at"),
                           .tree = of("tree"),
                           .document = of("document"),
                           .feed_id = of("feed_id")};
    }();
    return found;
}

const resource& rules() {
    static const resource instance({
        .name = "rule",
        .plural = "rules",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "updated_at", "name", "severity"},
        .text = {"name", "description"},
        .history = {"lifecycle", "enabled"},
        .keeps_versions = true,
        .machines = {lifecycle_machine("lifecycle")},
        .facets = {"type", "severity", "enabled", "lifecycle", "logsource.category", "logsource.product",
                   "logsource.service"},
        .hooks = {.derive = derive, .check = check, .after_insert = after_insert, .before_delete = drop_exceptions},
    });
    return instance;
}

}  // namespace carrel::siem
