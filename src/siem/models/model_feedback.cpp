#include "siem/alerts.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/models/confusion.hpp"
#include "siem/models/models.hpp"

// What people found out about what a model said, and what was measured of it.
namespace carrel::siem {

namespace {

constexpr std::int64_t most = std::int64_t{1} << 50;

void check_model_name(const resource& of, const record& row, std::vector<fault>& faults) {
    if (!is_valid_id(*row.text(of.position("model_name"))))
        faults.push_back({"model_name", 0, "must be 1 to 128 of A-Z, a-z, 0-9, _ and -"});
}

// The outcome follows from what was predicted and what was true: nobody can say another one.
void check_feedback(const resource& of, const call&, const record*, record& after, std::vector<fault>& faults) {
    check_model_name(of, after, faults);
    const bool predicted = after.integer(of.position("predicted_anomaly")) != 0;
    const bool actual = after.integer(of.position("actual_anomaly")) != 0;
    using enum feedback_outcome;
    const auto found =
        predicted ? (actual ? true_positive : false_positive) : (actual ? false_negative : true_negative);
    after.values[of.position("outcome")] = static_cast<std::int64_t>(found);
}

value or_null(std::optional<double> number) {
    if (!number) return {};
    return *number;
}

void check_metrics(const resource& of, const call&, const record*, record& after, std::vector<fault>& faults) {
    check_model_name(of, after, faults);
    const auto number = [&](std::string_view name) { return after.integer(of.position(name)); };
    const confusion counted{
        {number("true_positives"), number("true_negatives"), number("false_positives"), number("false_negatives")}};
    const auto set = [&](std::string_view name, std::optional<double> to) {
        after.values[of.position(name)] = or_null(to);
    };
    set("precision", counted.precision());
    set("recall", counted.recall());
    set("f1_score", counted.f1_score());
    set("false_positive_rate", counted.false_positive_rate());
    set("false_negative_rate", counted.false_negative_rate());
    set("accuracy", counted.accuracy());
}

field counter(std::string_view name) { return {.name = name, .kind = field_kind::integer, .max = most, .initial = 0}; }
field share(std::string_view name) { return {.name = name, .kind = field_kind::real, .from = origin::server}; }

std::vector<field> metrics_fields() {
    using enum field_kind;
    return {{.name = "id", .from = origin::fresh_id, .min = 1, .max = 128},
            {.name = "created_at", .kind = time, .from = origin::now},
            {.name = "model_name", .required = true, .min = 1, .max = 128},
            {.name = "window_seconds", .kind = integer, .required = true, .min = 1, .max = most},
            counter("true_positives"),
            counter("true_negatives"),
            counter("false_positives"),
            counter("false_negatives"),
            share("precision"),
            share("recall"),
            share("f1_score"),
            share("false_positive_rate"),
            share("false_negative_rate"),
            share("accuracy"),
            {.name = "drift_score", .kind = real, .max = most},
            {.name = "drift_detected", .kind = boolean, .initial = 0},
            {.name = "data", .kind = json, .max = 64 * 1024}};
}

void add_both(const resource& of, permission writes, std::vector<operation>& all) {
    operation creation = create_operation(of);
    creation.needs = writes;
    for (operation each : {std::move(creation), list_operation(of), count_operation(of), get_operation(of)})
        all.push_back(std::move(each));
}

}  // namespace

const resource& model_feedback() {
    using enum field_kind;
    static const resource instance({
        .name = "ml_feedback",
        .plural = "ml/feedback",
        .table = "ml_feedback",
        .reads = permission::read_events,
        .writes = permission::alert_disposition,
        .fields = {{.name = "id", .from = origin::fresh_id, .min = 1, .max = 128},
                   {.name = "created_at", .kind = time, .from = origin::now},
                   {.name = "model_name", .required = true, .min = 1, .max = 128},
                   {.name = "model_version", .min = 5, .max = 20},
                   {.name = "alert_id", .max = 128, .refers = {.to = alerts}},
                   {.name = "investigation_id", .max = 128, .refers = {.to = investigations}},
                   {.name = "predicted_score", .kind = real, .max = 1, .summary = "From 0 to 1."},
                   {.name = "predicted_anomaly", .kind = boolean, .required = true},
                   {.name = "actual_anomaly", .kind = boolean, .required = true},
                   {.name = "outcome",
                    .kind = enumeration,
                    .from = origin::server,
                    .values = feedback_outcomes,
                    .initial = 0},
                   {.name = "created_by", .from = origin::creator}},
        .filters = {{.name = "model_name", .column = "model_name"},
                    {.name = "alert_id", .column = "alert_id"},
                    {.name = "investigation_id", .column = "investigation_id"},
                    {.name = "from", .kind = filter_kind::time_from, .column = "created_at"},
                    {.name = "to", .kind = filter_kind::time_to, .column = "created_at"}},
        .sorts = {"created_at"},
        .has_bulk = false,
        .hooks = {.check = check_feedback},
    });
    return instance;
}

const resource& model_metrics() {
    static const resource instance({
        .name = "ml_metrics",
        .plural = "ml/metrics",
        .table = "ml_metrics",
        .reads = permission::read_events,
        .writes = permission::admin_system,
        .fields = metrics_fields(),
        .filters = {{.name = "model_name", .column = "model_name"},
                    {.name = "from", .kind = filter_kind::time_from, .column = "created_at"},
                    {.name = "to", .kind = filter_kind::time_to, .column = "created_at"}},
        .sorts = {"created_at"},
        .has_bulk = false,
        .hooks = {.check = check_metrics},
    });
    return instance;
}

std::vector<operation> feedback_operations() {
    std::vector<operation> all;
    add_both(model_feedback(), permission::alert_disposition, all);
    add_both(model_metrics(), permission::admin_system, all);
    return all;
}

}  // namespace carrel::siem
