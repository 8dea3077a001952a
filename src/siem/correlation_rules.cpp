#include "siem/correlation_rules.hpp"

#include "json/writer.hpp"
#include "query/limits.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/actions.hpp"
#include "siem/aggregates.hpp"
#include "siem/alert_status.hpp"
#include "siem/content_text.hpp"
#include "sigma/rule.hpp"

#include <boost/json/parse.hpp>

#include <array>

namespace carrel::siem {

namespace {

/// Kept in the database by place, which is that of `sigma::correlation_type`: only ever append.
constexpr std::array<std::string_view, 8> types = {"event_count", "value_count", "temporal",         "temporal_ordered",
                                                   "value_sum",   "value_avg",   "value_percentile", "value_median"};
constexpr std::int64_t place_of(sigma::correlation_type type) { return static_cast<std::int64_t>(type); }

constexpr std::size_t sequence_max = 50;
constexpr std::int64_t window_s_max = std::int64_t{10} * 366 * 24 * 3600;

struct places {
    std::size_t name, description, severity, type, window_s, conditions, sequence, group_by, sigma_yaml, rule_ids, tree;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return correlation_rules().position(name); };
        return places{of("name"),       of("description"), of("severity"), of("type"),
                      of("window_s"),   of("conditions"),  of("sequence"), of("group_by"),
                      of("sigma_yaml"), of("rule_ids"),    of("tree")};
    }();
    return found;
}
// What a Sigma document says of itself.
std::array<std::size_t, 4> of_document() { return {at().type, at().window_s, at().sequence, at().group_by}; }

bool is_text(const std::optional<value>& given) { return given && std::holds_alternative<std::string>(*given); }

// -- the sequence: a list of `{"rule_id":…}` and `{"query":…}` ---

struct element {
    bool is_rule = false;
    std::string text;
};

// Written in one way, so that sequences can be compared; with the rules that it names.
void settle_sequence(const std::vector<element>& elements, given_members& given) {
    std::string text;
    json::writer out(text);
    std::vector<std::string> rules;
    out.begin_array();
    for (const element& each : elements) {
        out.begin_object().key(each.is_rule ? "rule_id" : "query").string(each.text).end_object();
        if (each.is_rule) rules.push_back(each.text);
    }
    out.end_array();
    given[at().sequence].emplace(std::move(text));
    given[at().rule_ids].emplace(list_text(rules));
}

std::optional<element> read_element(const std::string& name, const boost::json::value& given,
                                    std::vector<fault>& faults) {
    const auto* object = given.if_object();
    const auto* text = object != nullptr && object->size() == 1 ? object->begin()->value().if_string() : nullptr;
    const bool is_rule = text != nullptr && object->begin()->key() == "rule_id";
    if (text == nullptr || (!is_rule && object->begin()->key() != "query")) {
        faults.push_back({name, 0, "must be an object of one string, `rule_id` or `query`"});
        return std::nullopt;
    }
    element made{is_rule, std::string(text->data(), text->size())};
    if (is_rule && !is_valid_id(made.text)) faults.push_back({name + ".rule_id", 0, "is not an id"});
    if (!is_rule) check_query(name + ".query", made.text, faults);
    return made;
}

void read_sequence(given_members& given, std::vector<fault>& faults) {
    const boost::json::value list = boost::json::parse(std::get<std::string>(*given[at().sequence]));
    const auto* items = list.if_array();
    if (items == nullptr || items->empty() || items->size() > sequence_max)
        return faults.push_back({"sequence", 0, "must be a list of 1 to " + std::to_string(sequence_max)});
    std::vector<element> elements;
    for (std::size_t i = 0; i < items->size(); ++i)
        if (auto read = read_element("sequence[" + std::to_string(i) + "]", (*items)[i], faults))
            elements.push_back(std::move(*read));
    settle_sequence(elements, given);
}

// -- a Sigma document ---

given_members members_of(const sigma::rule& from) {
    const auto& own = std::get<sigma::correlation>(from.body);
    given_members made(correlation_rules().fields.size());
    made[at().name].emplace(from.title);
    if (!from.description.empty()) made[at().description].emplace(from.description);
    made[at().severity].emplace(static_cast<std::int64_t>(from.level.value_or(sigma::level::medium)));
    made[at().type].emplace(place_of(own.type));
    made[at().window_s].emplace(own.timespan_s);
    made[at().group_by].emplace(list_text(own.group_by));
    std::vector<element> elements;
    for (const std::string& each : own.rules) elements.push_back({true, each});
    settle_sequence(elements, made);
    made[at().tree].emplace(sigma::to_json(from));
    return made;
}

// What the document says must be what a client could say.
void check_bounds(const given_members& made, const sigma::rule& from, std::vector<fault>& faults) {
    const auto check = [&](std::size_t place, const boost::json::value& said) {
        value ignored;
        if (auto wrong = read_field(correlation_rules().fields[place], said, ignored))
            faults.push_back({"sigma_yaml", 0, wrong->field + " " + wrong->detail});
    };
    check(at().name, boost::json::value(boost::json::string(from.title)));
    check(at().description, boost::json::value(boost::json::string(from.description)));
    check(at().window_s, boost::json::value(std::get<std::int64_t>(*made[at().window_s])));
    check(at().group_by, boost::json::parse(std::get<std::string>(*made[at().group_by])));
    if (std::get<sigma::correlation>(from.body).rules.size() > sequence_max)
        faults.push_back({"sigma_yaml", 0, "names more than " + std::to_string(sequence_max) + " rules"});
}

void take_document(given_members& given, std::vector<fault>& faults) {
    if (is_given_up("sigma_yaml", faults)) return;
    const auto read = sigma::parse_rule(std::get<std::string>(*given[at().sigma_yaml]));
    if (const auto* wrong = std::get_if<sigma::faults>(&read)) return add_faults("sigma_yaml", *wrong, faults);
    const auto& rule = std::get<sigma::rule>(read);
    if (!std::holds_alternative<sigma::correlation>(rule.body))
        return faults.push_back({"sigma_yaml", 0, "is a " + std::string(rule.kind()) + ", not a correlation"});
    given_members made = members_of(rule);
    check_bounds(made, rule, faults);
    for (const std::size_t place : of_document())
        if (given[place] && *given[place] != *made[place])
            faults.push_back({correlation_rules().paths[place], 0, "differs from sigma_yaml"});
    for (std::size_t i = 0; i < made.size(); ++i)
        if (made[i] && !given[i]) given[i] = std::move(made[i]);
}

// -- rules of the whole ---

void derive(const resource&, const call&, given_members& given, bool, std::vector<fault>& faults) {
    if (given[at().conditions]) {
        const auto conditions = items_of(*given[at().conditions]);
        for (std::size_t i = 0; i < conditions.size(); ++i)
            check_query("conditions[" + std::to_string(i) + "]", conditions[i], faults);
    }
    if (is_text(given[at().sequence])) read_sequence(given, faults);
    if (is_text(given[at().sigma_yaml])) take_document(given, faults);
}

void check(const resource& of, const call&, const record* before, record& row, std::vector<fault>& faults) {
    if (!row.has(at().sigma_yaml)) {
        row.values[at().tree] = value();
        const std::int64_t type = row.integer(at().type);
        if (type != place_of(sigma::correlation_type::temporal) &&
            type != place_of(sigma::correlation_type::temporal_ordered))
            faults.push_back({"type", 0, "must be temporal or temporal_ordered without a sigma_yaml"});
        return;
    }
    if (before == nullptr || before->values[at().sigma_yaml] != row.values[at().sigma_yaml]) return;
    for (const std::size_t place : of_document())
        if (before->values[place] != row.values[place])
            faults.push_back({of.paths[place], 0, "is what sigma_yaml says"});
}

result<void> require_rules(read_session& session, const record& row, reply& into) {
    const boost::json::value list = boost::json::parse(*row.text(at().sequence));
    std::vector<fault> faults;
    for (std::size_t i = 0; i < list.as_array().size(); ++i) {
        const auto* id = list.as_array()[i].as_object().if_contains("rule_id");
        if (id == nullptr) continue;
        const auto& text = id->as_string();
        auto found = session.first_integer(read_sql("SELECT seq FROM rules WHERE id = ?"),
                                           std::string_view(text.data(), text.size()));
        if (!found) return found.error();
        if (!*found) faults.push_back({"sequence[" + std::to_string(i) + "].rule_id", 0, "does not exist"});
    }
    if (faults.empty()) return {};
    return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
}

result<bool> before_insert(const resource&, write_session& session, const call&, record& row, reply& into) {
    if (auto found = require_rules(session, row, into); !found) return found.error();
    return false;
}

result<void> before_update(const resource&, write_session& session, const call&, const record& before, record& after,
                           reply& into) {
    if (before.values[at().sequence] == after.values[at().sequence]) return {};
    return require_rules(session, after, into);
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 256},
        {.name = "description", .patchable = true, .max = 10'000},
        {.name = "severity", .kind = enumeration, .required = true, .patchable = true, .values = severities},
        {.name = "enabled", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "type",
         .kind = enumeration,
         .patchable = true,
         .values = types,
         .initial = place_of(sigma::correlation_type::temporal_ordered)},
        {.name = "window_s", .kind = integer, .required = true, .patchable = true, .min = 1, .max = window_s_max},
        {.name = "conditions",
         .kind = text_list,
         .patchable = true,
         .max = 50,
         .item_max = 8000,
         .summary = "Queries that all events of the sequence match."},
        {.name = "sequence",
         .kind = field_kind::json,
         .required = true,
         .patchable = true,
         .max = 1 << 20,
         .summary = R"(A list of {"rule_id":…} and {"query":…}.)"},
        {.name = "group_by",
         .kind = text_list,
         .patchable = true,
         .max = 50,
         .item_max = static_cast<std::int64_t>(query::path_max)},
        {.name = "actions",
         .kind = text_list,
         .patchable = true,
         .max = 50,
         .item_max = 128,
         .refers = {.to = actions},
         .items = "correlation_rules_actions"},
        {.name = "sigma_yaml", .patchable = true, .min = 1, .max = 1 << 20},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
        {.name = "rule_ids",
         .kind = text_list,
         .from = origin::server,
         .seen = visibility::hidden,
         .items = "correlation_rules_rules"},
        {.name = "tree", .from = origin::server, .seen = visibility::hidden},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "severity", .kind = enumeration, .column = "severity", .values = severities},
        {.name = "enabled", .kind = boolean, .column = "enabled"},
        {.name = "type", .kind = enumeration, .column = "type", .values = types},
        {.name = "rule_id", .kind = item, .column = "correlation_rules_rules"},
        {.name = "action_id", .kind = item, .column = "correlation_rules_actions"},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q", .kind = words, .summary = "A query of name and description."},
    };
}

}  // namespace

const resource& correlation_rules() {
    static const resource instance({
        .name = "correlation_rule",
        .plural = "correlation-rules",
        .table = "correlation_rules",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"created_at", "updated_at", "name", "severity"},
        .text = {"name", "description"},
        .keeps_versions = true,
        .hooks = {.derive = derive, .check = check, .before_insert = before_insert, .before_update = before_update},
    });
    return instance;
}

std::vector<const resource*> correlation_rule_resources() { return {&correlation_rules()}; }

std::vector<operation> correlation_rule_operations() {
    std::vector<operation> all = common_operations(correlation_rules());
    check_documents_apart(all);
    return all;
}

}  // namespace carrel::siem
