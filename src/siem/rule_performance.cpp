#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/alerts.hpp"
#include "siem/rule_operations.hpp"
#include "siem/rules.hpp"

// What a detector counts of a rule, and who says that it was wrong.
namespace carrel::siem {

namespace {

const resource& reports() {
    static const resource instance({
        .name = "false_positive_report",
        .plural = "false-positives",
        .table = "false_positive_reports",
        .parent = {.by = rules, .field = "rule_id"},
        .reads = permission::read_rules,
        .writes = permission::alert_disposition,
        .fields = {{.name = "id", .from = origin::fresh_id, .min = 1, .max = 128},
                   {.name = "rule_id", .required = true},
                   {.name = "created_at", .kind = field_kind::time, .from = origin::now},
                   {.name = "created_by", .from = origin::creator},
                   {.name = "alert_id", .max = 128, .refers = {.to = alerts}},
                   {.name = "note", .max = 10'000}},
        .filters = {{.name = "alert_id", .column = "alert_id"}},
        .sorts = {"created_at"},
        .hooks = {.after_insert = [](const resource&, write_session& session, const call& request,
                                     const record& row) -> result<void> {
            return session.execute(
                "INSERT INTO rule_performance(rule, false_positives, updated_at) "
                "SELECT seq, 1, ?2 FROM rules WHERE id = ?1 "
                "ON CONFLICT DO UPDATE SET false_positives = false_positives + 1, updated_at = excluded.updated_at",
                *row.text(1), request.now);
        }},
    });
    return instance;
}

// -- GET and POST /rules/{id}/performance ---

struct counted_input : input {
    given_members given;
};

const std::array<field, 4>& counted_fields() {
    constexpr std::int64_t most = std::int64_t{1} << 53;
    static const std::array<field, 4> fields = {{
        {.name = "evaluations", .kind = field_kind::integer, .required = true, .max = most},
        {.name = "matches", .kind = field_kind::integer, .max = most},
        {.name = "seconds", .kind = field_kind::real, .max = most, .summary = "Of all these evaluations together."},
        {.name = "seconds_max", .kind = field_kind::real, .max = most, .summary = "Of the longest of them."},
    }};
    return fields;
}

std::optional<problem> check_counted(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<counted_input>();
    std::optional<problem> refused;
    if (!read_input(counted_fields(), request, parsed->given, refused)) return refused;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> write_counters(read_session& session, std::int64_t rule, reply& into) {
    auto row = session.prepare(
        "SELECT evaluations, matches, false_positives, seconds, seconds_max, last_evaluated_at FROM rule_performance "
        "WHERE rule = ?");
    if (!row) return row.error();
    auto found = row->bind(rule).step();
    if (!found) return found.error();
    const std::int64_t evaluations = *found ? row->integer(0) : 0;
    json::writer out(into.body);
    out.begin_object().key("evaluations").integer(evaluations);
    out.key("matches").integer(*found ? row->integer(1) : 0);
    out.key("false_positives").integer(*found ? row->integer(2) : 0);
    out.key("seconds_total").real(*found ? row->real(3) : 0);
    out.key("seconds_average").real(evaluations > 0 ? row->real(3) / static_cast<double>(evaluations) : 0);
    out.key("seconds_max").real(*found ? row->real(4) : 0);
    out.key("last_evaluated_at");
    if (*found && !row->is_null(5)) out.string(format_time(row->integer(5)));
    else out.null();
    out.end_object();
    return {};
}

result<void> get_performance(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto rule = load(rules(), session, request, into);
    if (!rule) return rule.error();
    return write_counters(session, rule->row, into);
}

result<void> add_performance(const operation&, write_session& session, const call& request, reply& into) {
    const auto& given = static_cast<const counted_input&>(*request.parsed).given;
    into.clear();
    auto rule = load(rules(), session, request, into);
    if (!rule) return rule.error();
    const auto or_zero = [&](std::size_t i) { return given[i] ? *given[i] : value(std::int64_t{0}); };
    auto done = session.execute(
        "INSERT INTO rule_performance(rule, evaluations, matches, seconds, seconds_max, last_evaluated_at, updated_at) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO UPDATE SET "
        "evaluations = evaluations + min(?2, 9223372036854775807 - evaluations), "
        "matches = matches + min(?3, 9223372036854775807 - matches), seconds = seconds + ?4, seconds_max = "
        "max(seconds_max, ?5), last_evaluated_at = ?6, "
        "updated_at = ?6",
        rule->row, or_zero(0), or_zero(1), or_zero(2), or_zero(3), request.now);
    if (!done) return done;
    return write_counters(session, rule->row, into);
}

constexpr std::string_view performance_schema =
    R"({"type":"object","required":["evaluations","matches","false_positives","seconds_total","seconds_average",)"
    R"("seconds_max","last_evaluated_at"],"properties":{"evaluations":{"type":"integer"},"matches":{"type":"integer"},)"
    R"("false_positives":{"type":"integer"},"seconds_total":{"type":"number"},"seconds_average":{"type":"number"},)"
    R"("seconds_max":{"type":"number"},"last_evaluated_at":{"type":["string","null"],"format":"date-time"}}})";

}  // namespace

const resource& false_positive_reports() { return reports(); }

std::vector<operation> rule_performance_operations() {
    operation reading = make_operation(rules(), method::get, "/{id}/performance", "get_rule_performance",
                                       "What detectors counted of a rule.");
    reading.reply_schema = performance_schema;
    reading.is_about_version = false;
    reading.read = get_performance;
    operation adding = make_operation(rules(), method::post, "/{id}/performance", "add_rule_performance",
                                      "Adds to what is counted of a rule.");
    adding.body = body_kind::json;
    adding.is_about_version = false;
    adding.fields = document(counted_fields(), false);
    adding.reply_schema = performance_schema;
    adding.check = check_counted;
    adding.write = add_performance;
    std::vector<operation> all;
    all.push_back(std::move(reading));
    all.push_back(std::move(adding));
    all.push_back(list_operation(reports()));
    all.push_back(create_operation(reports()));
    return all;
}

}  // namespace carrel::siem
