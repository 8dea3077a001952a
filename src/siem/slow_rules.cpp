#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/rule_operations.hpp"
#include "siem/rules.hpp"

// GET /rules/slow: which rules cost detectors most, by what they have counted of each.
namespace carrel::siem {

namespace {

constexpr std::int64_t threshold_ms_max = 3'600'000;

struct slow_input : input {
    std::int64_t limit = 20, threshold_ms = 0;
};

std::optional<problem> check_slow(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<slow_input>();
    std::vector<fault> faults = refuse_repeats(request.query);
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    if (auto wrong = read_number(request.query, "threshold_ms", threshold_ms_max, parsed->threshold_ms))
        faults.push_back(std::move(*wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void append_rule(json::writer& out, const statement& row) {
    out.begin_object().key("id").string(row.text(0)).key("name").string(row.text(1));
    out.key("enabled").boolean(row.integer(2) != 0);
    out.key("evaluations").integer(row.integer(3)).key("matches").integer(row.integer(4));
    out.key("seconds_total").real(row.real(5)).key("seconds_average").real(row.real(6));
    out.key("seconds_max").real(row.real(7)).key("last_evaluated_at");
    if (row.is_null(8)) out.null();
    else out.string(format_time(row.integer(8)));
    out.end_object();
}

// There are no more rows than rules that were evaluated, and each is a few numbers: they are looked through.
result<void> list_slow(const operation&, read_session& session, const call& request, reply& into) {
    const auto& wanted = static_cast<const slow_input&>(*request.parsed);
    into.clear();
    auto rows = session.prepare(
        read_sql("SELECT rules.id, rules.name, rules.enabled, counted.evaluations, counted.matches, counted.seconds, "
                 "counted.seconds / counted.evaluations AS average, counted.seconds_max, counted.last_evaluated_at "
                 "FROM rule_performance AS counted JOIN rules ON rules.seq = counted.rule "
                 "WHERE counted.evaluations > 0 AND counted.seconds * 1000 >= counted.evaluations * ?1 "
                 "ORDER BY average DESC, rules.id LIMIT ?2"));
    if (!rows) return rows.error();
    rows->bind(static_cast<double>(wanted.threshold_ms), wanted.limit);
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) break;
        append_rule(out, *rows);
    }
    out.end_array().end_object();
    return {};
}

constexpr std::string_view slow_schema =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
    R"("required":["id","name","enabled","evaluations","matches","seconds_total","seconds_average","seconds_max",)"
    R"("last_evaluated_at"],"properties":{"id":{"type":"string"},"name":{"type":"string"},)"
    R"("enabled":{"type":"boolean"},"evaluations":{"type":"integer"},"matches":{"type":"integer"},)"
    R"("seconds_total":{"type":"number"},"seconds_average":{"type":"number"},"seconds_max":{"type":"number"},)"
    R"("last_evaluated_at":{"type":["string","null"],"format":"date-time"}}}}}})";

}  // namespace

operation slow_rules_operation() {
    operation made = make_operation(rules(), method::get, "/slow", "list_slow_rules",
                                    "Lists the rules that take longest to evaluate on average, the slowest first.");
    made.is_about_version = false;
    made.parameters = {
        {"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":20})", false, "How many rules at most."},
        {"threshold_ms", R"({"type":"integer","minimum":1,"maximum":3600000})", false,
         "Only rules that take at least so many milliseconds on average; all that were evaluated if not given."},
    };
    made.reply_schema = slow_schema;
    made.check = check_slow;
    made.read = list_slow;
    return made;
}

}  // namespace carrel::siem
