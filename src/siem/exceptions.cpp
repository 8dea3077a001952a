#include "siem/exceptions.hpp"

#include "resource/idempotency.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/alert_status.hpp"
#include "siem/content_text.hpp"
#include "siem/rules.hpp"
#include "sigma/filter_text.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

/// Kept in the database by place: only ever append.
enum class effect { suppress, modify_severity };
constexpr std::array<std::string_view, 2> effects = {"suppress", "modify_severity"};
enum class condition_kind { sigma_filter, query };
constexpr std::array<std::string_view, 2> condition_kinds = {"sigma_filter", "query"};

constexpr std::int64_t hits_max = 1'000'000'000;

// SQL's own clock: what a list shows and what it is filtered by are of one moment.
constexpr std::string_view is_expired =
    "expires_at IS NOT NULL AND expires_at <= CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)";

struct places {
    std::size_t rule_id, type, condition_type, condition, new_severity, hit_count, last_hit_at, tree;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return exceptions().position(name); };
        return places{of("rule_id"),      of("type"),      of("condition_type"), of("condition"),
                      of("new_severity"), of("hit_count"), of("last_hit_at"),    of("tree")};
    }();
    return found;
}

bool is_text(const std::optional<value>& given) { return given && std::holds_alternative<std::string>(*given); }
bool is_number(const std::optional<value>& given) { return given && std::holds_alternative<std::int64_t>(*given); }

// The condition is read on the caller's thread, as what its type says.
void derive(const resource&, const call&, given_members& given, bool is_new, std::vector<fault>& faults) {
    const auto &kind = given[at().condition_type], &text = given[at().condition];
    if (!is_new && kind.has_value() != text.has_value()) {
        const std::string missing = kind ? "condition" : "condition_type",
                          other = kind ? "condition_type" : "condition";
        faults.push_back({missing, 0, "must be given together with " + other});
    }
    if (!is_number(kind) || !is_text(text)) return;
    const std::string& condition = std::get<std::string>(*text);
    given[at().tree].emplace();
    if (std::get<std::int64_t>(*kind) == static_cast<std::int64_t>(condition_kind::query))
        return check_query("condition", condition, faults);
    if (is_given_up("condition", faults)) return;
    const auto read = sigma::parse_filter(condition);
    if (const auto* wrong = std::get_if<sigma::faults>(&read)) return add_faults("condition", *wrong, faults);
    given[at().tree] = sigma::to_json(std::get<sigma::rule>(read));
}

void check(const resource&, const call&, const record*, record& row, std::vector<fault>& faults) {
    const bool modifies = row.integer(at().type) == static_cast<std::int64_t>(effect::modify_severity);
    if (modifies && !row.has(at().new_severity))
        faults.push_back({"new_severity", 0, "is required by the type modify_severity"});
    if (!modifies && row.has(at().new_severity))
        faults.push_back({"new_severity", 0, "is not taken by the type suppress"});
    if (row.integer(at().condition_type) == static_cast<std::int64_t>(condition_kind::query))
        row.values[at().tree] = value();
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "name", .required = true, .patchable = true, .min = 1, .max = 256},
        {.name = "description", .patchable = true, .max = 10'000},
        {.name = "rule_id",
         .patchable = true,
         .min = 1,
         .max = 128,
         .summary = "Null: of all rules.",
         .refers = {.to = rules}},
        {.name = "type", .kind = enumeration, .required = true, .patchable = true, .values = effects},
        {.name = "condition_type", .kind = enumeration, .required = true, .patchable = true, .values = condition_kinds},
        {.name = "condition", .required = true, .patchable = true, .min = 1, .max = 65'536},
        {.name = "new_severity", .kind = enumeration, .patchable = true, .values = severities},
        {.name = "enabled", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "priority",
         .kind = integer,
         .patchable = true,
         .max = 1'000'000,
         .initial = 100,
         .summary = "The lower comes first."},
        {.name = "expires_at", .kind = field_kind::time, .patchable = true},
        {.name = "expired", .kind = boolean, .from = origin::server, .initial = 0, .expression = is_expired},
        {.name = "hit_count", .kind = integer, .from = origin::server, .initial = 0},
        {.name = "last_hit_at", .kind = field_kind::time, .from = origin::server},
        {.name = "justification", .patchable = true, .max = 10'000},
        {.name = "tags", .kind = text_list, .patchable = true, .max = 50, .item_max = 100, .items = "exceptions_tags"},
        {.name = "created_by", .from = origin::creator},
        {.name = "tree", .from = origin::server, .seen = visibility::hidden},
    });
}

std::vector<filter> filter_list() {
    using enum filter_kind;
    return {
        {.name = "rule_id", .column = "rule_id"},
        {.name = "global", .kind = boolean, .column = "(rule_id IS NULL)", .summary = "Whether it is of all rules."},
        {.name = "type", .kind = enumeration, .column = "type", .values = effects},
        {.name = "condition_type", .kind = enumeration, .column = "condition_type", .values = condition_kinds},
        {.name = "enabled", .kind = boolean, .column = "enabled"},
        {.name = "expired", .kind = boolean, .column = kept("(" + std::string(is_expired) + ")")},
        {.name = "tag", .kind = item, .column = "exceptions_tags"},
        {.name = "from", .kind = time_from, .column = "created_at", .summary = "Created at or after."},
        {.name = "to", .kind = time_to, .column = "created_at", .summary = "Created before."},
        {.name = "q", .kind = words, .summary = "A query of name and description."},
    };
}

// -- POST /exceptions/{id}/hits ---

struct hits_input : input {
    std::int64_t count = 1;
};

const std::array<field, 1>& hits_body() {
    static const std::array<field, 1> fields = {
        {{.name = "count", .kind = field_kind::integer, .min = 1, .max = hits_max, .initial = 1}}};
    return fields;
}

std::optional<problem> check_hits(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(hits_body(), request, given, refused)) return refused;
    auto parsed = std::make_unique<hits_input>();
    if (given[0]) parsed->count = std::get<std::int64_t>(*given[0]);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> count_hits(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto before = load(exceptions(), session, request, into);
    if (!before) return before.error();
    record after = *before;
    after.values[at().hit_count] =
        before->integer(at().hit_count) + static_cast<const hits_input&>(*request.parsed).count;
    after.values[at().last_hit_at] = std::max(request.now, before->integer(at().last_hit_at));
    return save(exceptions(), session, request, *before, std::move(after), {}, into);
}

operation hits_operation() {
    operation made = make_operation(exceptions(), method::post, "/{id}/hits", "count_exception_hits",
                                    "Counts events that an exception was applied to.");
    made.body = body_kind::json;
    made.fields = document(hits_body(), false);
    made.check = check_hits;
    made.write = count_hits;
    return made;
}

// -- GET /rules/{id}/exceptions ---

operation applicable_operation() {
    operation made = list_operation(exceptions());
    made.path = "/rules/{id}/exceptions";
    made.id = "list_rule_exceptions";
    made.summary = "Lists the exceptions that apply to a rule: enabled, not expired, its own and those of all rules.";
    made.check = [](const operation& what, call& request) {
        static const std::string applies =
            "(rule_id = ? OR rule_id IS NULL) AND enabled = 1 AND NOT (" + std::string(is_expired) + ")";
        const narrowing own{applies, request.path[0]};
        return check_narrowed_list(exceptions(), what, request, &own);
    };
    made.read = [](const operation& what, read_session& session, const call& request, reply& into) -> result<void> {
        into.clear();
        auto rule = find(rules(), session, request.path[0]);
        if (!rule) return rule.error();
        if (!*rule) return refuse(into, not_found(rules().name, request.path[0]));
        return list(what, session, request, into);
    };
    return made;
}

}  // namespace

const resource& exceptions() {
    static const resource instance({
        .name = "exception",
        .plural = "exceptions",
        .reads = permission::read_rules,
        .writes = permission::write_rules,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"priority", "created_at", "updated_at", "name", "hit_count", "last_hit_at", "expires_at"},
        .sorts_ascending = true,
        .text = {"name", "description"},
        .hooks = {.derive = derive, .check = check},
    });
    return instance;
}

result<void> drop_exceptions(const resource&, write_session& session, const record& rule, reply& into) {
    auto own =
        session.all<std::string>(read_sql("SELECT id FROM exceptions WHERE rule_id = ?"), *rule.text(rule_at().id));
    if (!own) return own.error();
    for (const std::string& id : *own) {
        auto row = find(exceptions(), session, id);
        if (!row) return row.error();
        if (!*row) continue;
        if (auto done = drop(exceptions(), session, **row, into); !done) return done;
    }
    return {};
}

std::vector<const resource*> exception_resources() { return {&exceptions()}; }

std::vector<operation> exception_operations() {
    std::vector<operation> all = common_operations(exceptions());
    check_documents_apart(all);
    all.push_back(hits_operation());
    all.push_back(applicable_operation());
    return all;
}

}  // namespace carrel::siem
