#include "base/time.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/models/confusion.hpp"
#include "siem/models/models.hpp"

#include <array>

// How right a model was within a window, from feedback or from what was measured: counted by an index that covers the query.
namespace carrel::siem {

namespace {

constexpr std::int64_t second = 1'000'000, buckets_max = 1000, window_max = 10 * 366 * 86'400;  // seconds: ten years
constexpr std::array<std::string_view, 3> aggregations = {"average", "minimum", "maximum"};

struct window : input {
    timestamp from = 0, to = 0;
    std::int64_t bucket = 0;  // microseconds; 0: one for all
    std::size_t aggregation = 0;
};

std::optional<problem> read_window(const operation& what, call& request, std::unique_ptr<window>& into) {
    if (auto wrong = check_address(what, request)) return wrong;
    const auto& query = request.query;
    std::vector<fault> faults = refuse_repeats(query);
    std::int64_t seconds = 86'400, bucket = 0;
    if (auto why = read_number(query, "window_seconds", window_max, seconds)) faults.push_back(std::move(*why));
    if (auto why = read_number(query, "bucket_seconds", window_max, bucket)) faults.push_back(std::move(*why));
    timestamp to = request.now + 1;  // what came in this very microsecond belongs to it
    if (const auto given = parameter(query, "to")) {
        const auto parsed = parse_time(*given);
        if (parsed) to = *parsed;
        else faults.push_back({"to", 0, "must be a time as RFC 3339 writes it"});
    }
    if (bucket > 0 && (seconds + bucket - 1) / bucket > buckets_max)
        faults.push_back({"bucket_seconds", 0, "makes more than " + std::to_string(buckets_max) + " buckets"});
    into = std::make_unique<window>();
    if (const auto given = parameter(query, "aggregation")) {
        const auto found = index_of(aggregations, *given);
        if (found) into->aggregation = static_cast<std::size_t>(*found);
        else faults.push_back({"aggregation", 0, "must be one of " + list_of(aggregations)});
    }
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    into->to = to;
    into->from = to - seconds * second;
    into->bucket = bucket * second;
    return std::nullopt;
}

std::optional<problem> check_window(const operation& what, call& request) {
    std::unique_ptr<window> parsed;
    if (auto wrong = read_window(what, request, parsed)) return wrong;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

struct counted {
    std::int64_t bucket, outcome, count;
};

// Rows in the order of buckets.
result<std::vector<counted>> count_outcomes(read_session& session, std::string_view name, const window& within) {
    const std::int64_t bucket = within.bucket > 0 ? within.bucket : within.to - within.from;
    return session.all<counted>(
        read_sql("SELECT (created_at - ?1) / ?2, outcome, count(*) FROM ml_feedback WHERE model_name = ?3 AND "
                 "created_at >= ?1 AND created_at < ?4 GROUP BY 1, 2 ORDER BY 1"),
        within.from, bucket, name, within.to);
}

confusion total_of(const std::vector<counted>& all) {
    confusion total;
    for (const counted& each : all) total.counts[static_cast<std::size_t>(each.outcome)] += each.count;
    return total;
}

void write_buckets(const std::vector<counted>& all, const window& within, json::writer& out) {
    out.key("items").begin_array();
    for (std::size_t i = 0; i < all.size() && within.bucket > 0;) {
        const std::int64_t bucket = all[i].bucket;
        confusion one;
        for (; i < all.size() && all[i].bucket == bucket; ++i)
            one.counts[static_cast<std::size_t>(all[i].outcome)] += all[i].count;
        out.begin_object().key("start").string(format_time(within.from + bucket * within.bucket));
        write_confusion(one, out);
        out.end_object();
    }
    out.end_array();
}

void begin_window(std::string_view name, const window& within, json::writer& out) {
    out.begin_object().key("model_name").string(name);
    out.key("from").string(format_time(within.from)).key("to").string(format_time(within.to));
}

result<void> get_confusion(const operation&, read_session& session, const call& request, reply& into) {
    const auto& within = static_cast<const window&>(*request.parsed);
    auto all = count_outcomes(session, request.path[0], within);
    if (!all) return all.error();
    json::writer out(into.body);
    begin_window(request.path[0], within, out);
    write_confusion(total_of(*all), out);
    write_buckets(*all, within, out);
    out.end_object();
    return {};
}

// -- GET /ml/names/{name}/metrics ---

struct summary {
    std::int64_t count;
    std::optional<double> precision, recall, f1_score, false_positive_rate, false_negative_rate, accuracy, drift_score;
};

std::string summary_sql(std::string_view function) {
    std::string sql("SELECT count(*)");
    for (const std::string_view column :
         {"precision", "recall", "f1_score", "false_positive_rate", "false_negative_rate", "accuracy", "drift_score"})
        sql.append(", ").append(function).append("(").append(column).append(")");
    return sql + " FROM ml_metrics WHERE model_name = ? AND created_at >= ? AND created_at < ?";
}

void write_number(std::string_view name, std::optional<double> number, json::writer& out) {
    out.key(name);
    if (number) out.real(*number);
    else out.null();
}

void write_summary(const summary& of, json::writer& out) {
    write_number("precision", of.precision, out);
    write_number("recall", of.recall, out);
    write_number("f1_score", of.f1_score, out);
    write_number("false_positive_rate", of.false_positive_rate, out);
    write_number("false_negative_rate", of.false_negative_rate, out);
    write_number("accuracy", of.accuracy, out);
    write_number("drift_score", of.drift_score, out);
}

summary summary_of(const confusion& of) {
    return {0,
            of.precision(),
            of.recall(),
            of.f1_score(),
            of.false_positive_rate(),
            of.false_negative_rate(),
            of.accuracy(),
            std::nullopt};
}

// Where nothing was measured, feedback says it.
result<void> get_metrics(const operation&, read_session& session, const call& request, reply& into) {
    constexpr std::array<std::string_view, 3> functions = {"avg", "min", "max"};
    const auto& within = static_cast<const window&>(*request.parsed);
    auto measured = session.first<summary>(read_sql::dynamic(summary_sql(functions[within.aggregation])),
                                           request.path[0], within.from, within.to);
    if (!measured) return measured.error();
    summary found = **measured;
    const bool is_measured = found.count > 0;
    if (!is_measured) {
        auto all = count_outcomes(session, request.path[0], within);
        if (!all) return all.error();
        found = summary_of(total_of(*all));
    }
    json::writer out(into.body);
    begin_window(request.path[0], within, out);
    out.key("source").string(is_measured ? "metrics" : "feedback").key("count").integer(found.count);
    write_summary(found, out);
    out.end_object();
    return {};
}

operation windowed(std::string path, std::string id, std::string summary, std::string_view own,
                   std::string_view schema) {
    operation made = make_operation(model_feedback(), method::get, "", std::move(id), std::move(summary));
    made.path = std::move(path);
    made.is_about_version = false;
    made.parameters = {
        {"window_seconds", R"({"type":"integer","minimum":1,"default":86400})", false, "How long the window is."},
        {"to", R"({"type":"string","format":"date-time"})", false, "Where it ends; now if it is left out."}};
    if (own == "aggregation")
        made.parameters.push_back({own, R"({"type":"string","enum":["average","minimum","maximum"]})", false, ""});
    else
        made.parameters.push_back({own, R"({"type":"integer","minimum":1})", false, "Counts within parts of it, too."});
    made.reply_schema = schema;
    made.check = check_window;
    return made;
}

}  // namespace

void write_confusion(const confusion& of, json::writer& out) {
    out.key("true_positives").integer(of.true_positives()).key("true_negatives").integer(of.true_negatives());
    out.key("false_positives").integer(of.false_positives()).key("false_negatives").integer(of.false_negatives());
    write_number("precision", of.precision(), out);
    write_number("recall", of.recall(), out);
    write_number("f1_score", of.f1_score(), out);
    write_number("false_positive_rate", of.false_positive_rate(), out);
    write_number("false_negative_rate", of.false_negative_rate(), out);
    write_number("accuracy", of.accuracy(), out);
}

std::vector<operation> confusion_operations() {
    operation matrix = windowed(
        "/ml/names/{name}/confusion", "get_ml_confusion", "How often a model was right and wrong, by feedback.",
        "bucket_seconds",
        R"({"type":"object","required":["model_name","from","to","true_positives","true_negatives",)"
        R"("false_positives","false_negatives","items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
        R"("additionalProperties":true}}}})");
    matrix.read = get_confusion;
    operation metrics = windowed(
        "/ml/names/{name}/metrics", "get_ml_metrics_of_name",
        "What was measured of a model within a window; else what feedback says.", "aggregation",
        R"({"type":"object","required":["model_name","from","to","source","count"],"additionalProperties":true,)"
        R"("properties":{"model_name":{"type":"string"},"from":{"type":"string","format":"date-time"},)"
        R"("to":{"type":"string","format":"date-time"},"source":{"type":"string"},"count":{"type":"integer"}}})");
    metrics.read = get_metrics;
    return {std::move(matrix), std::move(metrics)};
}

}  // namespace carrel::siem
