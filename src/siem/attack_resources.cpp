#include "attack/bundle.hpp"
#include "resource/problems.hpp"
#include "siem/attack.hpp"

#include <algorithm>
#include <iterator>

namespace carrel::siem {

namespace {

constexpr std::int64_t text_max = 65'536;

// What every object of ATT&CK begins with; `own` follows.
std::vector<field> with_common(std::vector<field> own) {
    using enum field_kind;
    std::vector<field> all{
        {.name = "id", .required = true, .min = 1, .max = 128},
        {.name = "version", .kind = integer, .from = origin::server, .initial = 1},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "updated_at", .kind = field_kind::time, .from = origin::now},
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = text_max},
    };
    std::move(own.begin(), own.end(), std::back_inserter(all));
    const std::vector<field> rest{
        {.name = "stix_id", .patchable = true, .min = 1, .max = 200},
        {.name = "domain", .from = origin::server, .summary = "The matrices it came with; null if no import has it."},
        {.name = "attack_version", .patchable = true, .max = text_max},
        {.name = "url", .patchable = true, .max = text_max},
        {.name = "attack_created_at", .kind = field_kind::time, .patchable = true},
        {.name = "attack_modified_at", .kind = field_kind::time, .patchable = true},
        {.name = "deprecated", .kind = boolean, .patchable = true, .initial = 0},
        {.name = "revoked", .kind = boolean, .patchable = true, .initial = 0},
        {.name = "revoked_by", .patchable = true, .max = 128, .summary = "The id of what took its place."},
    };
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
}

field description() { return {.name = "description", .patchable = true, .max = text_max}; }

field list_of_texts(std::string_view name, std::int64_t item_max, std::string_view items = {}) {
    return {.name = name,
            .kind = field_kind::text_list,
            .patchable = true,
            .max = 1000,
            .item_max = item_max,
            .items = items};
}

field references_to(std::string_view name, const resource& (*to)(), std::string_view items) {
    field made = list_of_texts(name, 128, items);
    made.refers = {to};
    return made;
}

std::vector<filter> with_common(std::vector<filter> own) {
    own.push_back({.name = "deprecated", .kind = filter_kind::boolean, .column = "deprecated"});
    own.push_back({.name = "revoked", .kind = filter_kind::boolean, .column = "revoked"});
    own.push_back({.name = "domain", .column = "domain"});
    return own;
}

filter word_filter() {
    return {.name = "q", .kind = filter_kind::words, .summary = "A query of id, name and description."};
}

const std::vector<std::string_view> sorts{"id", "name", "created_at", "updated_at"};
const std::vector<std::string_view> searched{"id", "name", "description"};

// A unique index of each table; its name for SQLite.
std::vector<unique_rule> unique_stix_id(std::string_view column) { return {{column, "stix_id"}}; }

// -- techniques ---

struct technique_fields {
    std::size_t id, is_subtechnique, parent, parent_row;
};
const technique_fields& technique_at() {
    static const technique_fields found = [] {
        const auto of = [](std::string_view name) { return attack_techniques().position(name); };
        return technique_fields{of("id"), of("is_subtechnique"), of("parent"), of("parent_row")};
    }();
    return found;
}

// What has a parent is a sub-technique, though the request need not say so.
void derive_technique(const resource&, const call&, given_members& given, bool, std::vector<fault>&) {
    const auto& at = technique_at();
    const bool has_parent = given[at.parent] && std::holds_alternative<std::string>(*given[at.parent]);
    if (has_parent && !given[at.is_subtechnique]) given[at.is_subtechnique].emplace(std::int64_t{1});
}

void check_technique(const resource&, const call&, const record*, record& row, std::vector<fault>& faults) {
    const auto& at = technique_at();
    if (row.has(at.parent) && row.integer(at.is_subtechnique) == 0)
        faults.push_back({"is_subtechnique", 0, "must be true of what has a parent"});
    if (row.has(at.parent) && *row.text(at.parent) == *row.text(at.id))
        faults.push_back({"parent", 0, "must be another technique"});
}

// A parent's parents must not lead back.
result<void> refuse_circle(const resource&, write_session& session, const call&, const record& before, record& after,
                           reply& into) {
    const std::size_t parent_row = technique_at().parent_row;
    if (!after.has(parent_row) || after.values[parent_row] == before.values[parent_row]) return {};
    auto circle = session.first_integer(
        read_sql("WITH RECURSIVE above(row) AS (SELECT ? UNION SELECT t.parent_row FROM above JOIN mitre_techniques t "
                 "ON t.seq = above.row WHERE t.parent_row IS NOT NULL) SELECT 1 FROM above WHERE row = ?"),
        after.integer(parent_row), before.row);
    if (!circle) return circle.error();
    if (!*circle) return {};
    return refuse(into, problem_of(problem_code::invalid, "parent", "is below this technique: parents go in a circle"));
}

std::vector<field> technique_field_list() {
    using enum field_kind;
    return with_common({
        {.name = "is_subtechnique", .kind = boolean, .patchable = true, .initial = 0},
        {.name = "parent", .patchable = true, .max = 9, .refers = {attack_techniques, "parent_row"}},
        references_to("tactics", attack_tactics, "mitre_technique_tactics"),
        list_of_texts("platforms", 200, "mitre_technique_platforms"),
        list_of_texts("data_sources", 4000),
        references_to("data_source_ids", attack_data_sources, "mitre_technique_data_sources"),
        list_of_texts("detection_strategies", 128),
        {.name = "detection", .patchable = true, .max = text_max},
        description(),
        {.name = "parent_row", .kind = integer, .from = origin::server, .seen = visibility::hidden},
    });
}

}  // namespace

const resource& attack_tactics() {
    static const resource instance({
        .name = "tactic",
        .plural = "mitre/tactics",
        .table = "mitre_tactics",
        .is_key = attack::is_tactic_id,
        .key_rule = "must be TA and four digits, such as TA0001",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = with_common({{.name = "short_name", .required = true, .patchable = true, .min = 1, .max = 200},
                               list_of_texts("kill_chains", 200),
                               description()}),
        .filters = with_common({{.name = "short_name", .column = "short_name"}, word_filter()}),
        .sorts = sorts,
        .sorts_ascending = true,
        .text = searched,
        .unique = unique_stix_id("mitre_tactics.stix_id"),
    });
    return instance;
}

const resource& attack_matrices() {
    static const resource instance({
        .name = "attack_matrix",
        .plural = "mitre/matrices",
        .table = "mitre_matrices",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = with_common({references_to("tactics", attack_tactics, "mitre_matrix_tactics"), description()}),
        .filters = with_common(std::vector<filter>{}),
        .sorts = sorts,
        .sorts_ascending = true,
        .unique = unique_stix_id("mitre_matrices.stix_id"),
    });
    return instance;
}

const resource& attack_techniques() {
    static const resource instance({
        .name = "technique",
        .plural = "mitre/techniques",
        .table = "mitre_techniques",
        .is_key = attack::is_technique_id,
        .key_rule = "must be T and four digits, for a sub-technique a dot and three more: T1059, T1059.001",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = technique_field_list(),
        .filters = with_common({{.name = "tactic",
                                 .kind = filter_kind::among,
                                 .column = "seq IN (SELECT row FROM mitre_technique_tactics WHERE item IN "},
                                {.name = "parent", .column = "parent"},
                                {.name = "is_subtechnique", .kind = filter_kind::boolean, .column = "is_subtechnique"},
                                {.name = "platform",
                                 .kind = filter_kind::among,
                                 .column = "seq IN (SELECT row FROM mitre_technique_platforms WHERE item IN "},
                                {.name = "data_source",
                                 .kind = filter_kind::among,
                                 .column = "seq IN (SELECT row FROM mitre_technique_data_sources WHERE item IN "},
                                word_filter()}),
        .sorts = sorts,
        .sorts_ascending = true,
        .text = searched,
        .unique = unique_stix_id("mitre_techniques.stix_id"),
        .hooks = {.derive = derive_technique, .check = check_technique, .before_update = refuse_circle},
    });
    return instance;
}

const resource& attack_data_sources() {
    static const resource instance({
        .name = "data_source",
        .plural = "mitre/data-sources",
        .table = "mitre_data_sources",
        .is_key = attack::is_data_source_id,
        .key_rule = "must be DS and four digits, such as DS0009",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = with_common({list_of_texts("platforms", 200, "mitre_data_source_platforms"),
                               list_of_texts("collection_layers", 200), description()}),
        .filters = with_common({{.name = "platform",
                                 .kind = filter_kind::among,
                                 .column = "seq IN (SELECT row FROM mitre_data_source_platforms WHERE item IN "},
                                word_filter()}),
        .sorts = sorts,
        .sorts_ascending = true,
        .text = searched,
        .unique = unique_stix_id("mitre_data_sources.stix_id"),
    });
    return instance;
}

const resource& attack_data_components() {
    static const resource instance({
        .name = "data_component",
        .plural = "mitre/data-components",
        .table = "mitre_data_components",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = with_common({{.name = "data_source",
                                .patchable = true,
                                .max = 128,
                                .column = "data_source_id",
                                .refers = {attack_data_sources, "data_source_row"}},
                               description(),
                               {.name = "data_source_row",
                                .kind = field_kind::integer,
                                .from = origin::server,
                                .seen = visibility::hidden}}),
        .filters = with_common({{.name = "data_source", .column = "data_source_id"}, word_filter()}),
        .sorts = sorts,
        .sorts_ascending = true,
        .text = searched,
        .unique = unique_stix_id("mitre_data_components.stix_id"),
    });
    return instance;
}

}  // namespace carrel::siem
