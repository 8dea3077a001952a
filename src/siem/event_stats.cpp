#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_field.hpp"
#include "siem/event_walk.hpp"
#include "siem/events.hpp"
#include "siem/number_sample.hpp"

#include <array>

// The numbers of a field, summed up.
namespace carrel::siem {

namespace {

struct stats_input : input {
    event_conditions conditions;
    std::optional<event_field> field;
};

class number_visitor final : public event_visitor {
public:
    explicit number_visitor(event_field field)
        : field_(std::move(field)) {}

    bool looks_at_text() const override { return field_.is_in_text(); }
    void take(const segments::event_head& head, std::string_view fields) override {
        field_.each(head, fields, [&](std::string_view text) {
            if (const auto number = number_sample::parse(text)) numbers.add(*number);
            else ++others;
        });
    }

    number_sample numbers;
    std::int64_t others = 0;

private:
    event_field field_;
};

std::optional<problem> check_stats(const operation& what, call& request) {
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, std::array<std::string_view, 1>{"field"});
    auto parsed = std::make_unique<stats_input>();
    parsed->field = event_field::parameter(request.query, "field", faults);
    parsed->conditions = read_event_conditions(what, request);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    parsed->field->require(parsed->conditions);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void write_percentiles(number_sample& numbers, json::writer& out) {
    constexpr std::array<std::pair<std::string_view, double>, 6> wanted = {
        {{"p50", 50}, {"p75", 75}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}}};
    out.key("percentiles").begin_object();
    for (const auto& [name, percent] : wanted) out.key(name).raw(number_sample::written(numbers.percentile(percent)));
    out.end_object();
}

result<void> stats(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const stats_input&>(*request.parsed);
    into.clear();
    number_visitor found(*parameters.field);
    if (auto done = visit_events(session, parameters.conditions, found); !done) return done;
    number_sample& numbers = found.numbers;
    json::writer out(into.body);
    out.begin_object().key("count").integer(static_cast<std::int64_t>(numbers.count()));
    out.key("not_numbers").integer(found.others).key("sampled").boolean(numbers.is_sampled());
    if (numbers.count() > 0) {
        out.key("min").raw(number_sample::written(numbers.least()));
        out.key("max").raw(number_sample::written(numbers.greatest()));
        out.key("sum").raw(number_sample::written(numbers.sum()));
        out.key("avg").raw(number_sample::written(numbers.average()));
        write_percentiles(numbers, out);
    }
    out.end_object();
    return {};
}

constexpr std::string_view stats_schema =
    R"({"type":"object","required":["count","not_numbers","sampled"],"properties":{"count":{"type":"integer"},)"
    R"("not_numbers":{"type":"integer"},"sampled":{"type":"boolean"},"min":{"type":"number"},"max":{"type":"number"},)"
    R"("sum":{"type":["number","null"]},"avg":{"type":["number","null"]},"percentiles":{"type":"object",)"
    R"("additionalProperties":{"type":"number"}}}})";

}  // namespace

operation event_stats_operation() {
    operation made;
    made.path = "/events/stats";
    made.id = "get_event_stats";
    made.summary = "The numbers of a field summed up: least, greatest, average, percentiles.";
    made.parameters = event_field::parameters();
    made.reply_schema = stats_schema;
    made.of = &events();
    made.check = check_stats;
    made.read = stats;
    return made;
}

}  // namespace carrel::siem
