#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_field.hpp"
#include "siem/event_walk.hpp"
#include "siem/events.hpp"
#include "siem/value_counts.hpp"

#include <algorithm>
#include <array>

// Which values a field has, and how many events have them: the most frequent ones, or all in order.
namespace carrel::siem {

namespace {

struct values_input : input {
    event_conditions conditions;
    std::optional<event_field> field;
    std::int64_t limit = 10;
    std::string after;
};

class value_visitor final : public event_visitor {
public:
    explicit value_visitor(event_field field)
        : field_(std::move(field)) {}

    bool looks_at_text() const override { return field_.is_in_text(); }
    result<void> take_from(segment_scan& scan, const segment_header& header,
                           std::span<const std::uint32_t> places) override {
        if (const auto column = field_.column()) return take_codes(scan, *column, places);
        return event_visitor::take_from(scan, header, places);
    }
    void take(const segments::event_head& head, std::string_view fields) override {
        seen_.clear();
        field_.each(head, fields, [&](std::string_view value) {
            // An event counts once for a value that it has twice.
            if (std::find(seen_.begin(), seen_.end(), value) != seen_.end()) return;
            seen_.emplace_back(value);
            counts.add(value);
        });
        events += !seen_.empty();
    }

    std::optional<segments::column> takes_texts_of() const override { return field_.column(); }
    void take_texts(const segments::column_texts& texts, const std::vector<std::uint8_t>& marked) override {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (marked[i + 1] == 0) continue;
            counts.add(texts.text(i), texts.events_of(i + 1));
            events += texts.events_of(i + 1);
        }
    }

    value_counts counts;
    std::int64_t events = 0;

private:
    result<void> take_codes(segment_scan& scan, segments::column which, std::span<const std::uint32_t> places) {
        auto column = scan.text_column(which);
        if (!column) return column.error();
        std::vector<std::int64_t> found(column->texts().size() + 1, 0);
        for (const std::uint32_t place : places) ++found[column->code(place)];
        for (std::size_t i = 1; i < found.size(); ++i)
            if (found[i] > 0) counts.add(column->texts().text(i - 1), found[i]);
        events += static_cast<std::int64_t>(places.size()) - found[0];
        return {};
    }

    event_field field_;
    std::vector<std::string> seen_;  // of the event at hand
};

std::optional<problem> check_values(const operation& what, call& request, std::span<const std::string_view> own) {
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, own);
    auto parsed = std::make_unique<values_input>();
    parsed->field = event_field::parameter(request.query, "field", faults);
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    if (const auto after = parameter(request.query, "after")) parsed->after = *after;
    parsed->conditions = read_event_conditions(what, request);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    parsed->field->require(parsed->conditions);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

std::optional<problem> check_top(const operation& what, call& request) {
    return check_values(what, request, std::array<std::string_view, 2>{"field", "limit"});
}

std::optional<problem> check_in_order(const operation& what, call& request) {
    return check_values(what, request, std::array<std::string_view, 3>{"field", "limit", "after"});
}

result<value_visitor> visit(read_session& session, const values_input& parameters) {
    value_visitor found(*parameters.field);
    if (auto done = visit_events(session, parameters.conditions, found); !done) return done.error();
    return found;
}

void write_values(const value_visitor& found, std::span<const value_counts::entry> values, json::writer& out) {
    out.key("events").integer(found.events).key("distinct").integer(static_cast<std::int64_t>(found.counts.size()));
    out.key("error").integer(found.counts.error()).key("items").begin_array();
    for (const auto& [value, count] : values)
        out.begin_object().key("value").string(value).key("count").integer(count).end_object();
    out.end_array();
}

result<void> top(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const values_input&>(*request.parsed);
    into.clear();
    auto found = visit(session, parameters);
    if (!found) return found.error();
    json::writer out(into.body);
    out.begin_object();
    write_values(*found, found->counts.most_frequent(static_cast<std::size_t>(parameters.limit)), out);
    out.end_object();
    return {};
}

result<void> in_order(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const values_input&>(*request.parsed);
    into.clear();
    auto found = visit(session, parameters);
    if (!found) return found.error();
    const auto limit = static_cast<std::size_t>(parameters.limit);
    auto values = found->counts.in_order(parameters.after, limit);
    const bool has_more = values.size() > limit;
    values.resize(std::min(values.size(), limit));
    json::writer out(into.body);
    out.begin_object();
    write_values(*found, values, out);
    out.key("next");
    if (has_more) out.string(values.back().value);
    else out.null();
    out.end_object();
    return {};
}

std::string schema_with(std::string_view name, std::string_view member) {
    std::string schema = R"({"type":"object","required":["events","distinct","error","items")";
    if (!name.empty()) schema.append(",\"").append(name) += '"';
    schema += R"(],"properties":{"events":{"type":"integer"},"distinct":{"type":"integer"},"error":{"type":"integer"},)"
              R"("items":{"type":"array","items":{"type":"object","required":["value","count"],"properties":{)"
              R"("value":{"type":"string"},"count":{"type":"integer"}}}})";
    return schema.append(member) + "}}";
}

constexpr field_doc limit_parameter{"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":10})", false,
                                    "How many values."};

operation values_operation() {
    operation made;
    made.parameters = event_field::parameters();
    made.parameters.push_back(limit_parameter);
    made.of = &events();
    return made;
}

}  // namespace

operation event_top_operation() {
    operation made = values_operation();
    made.path = "/events/top";
    made.id = "get_top_event_values";
    made.summary = "The most frequent values of a field, with the number of events that have each.";
    made.reply_schema = schema_with({}, {});
    made.check = check_top;
    made.read = top;
    return made;
}

operation event_values_operation() {
    operation made = values_operation();
    made.path = "/events/values";
    made.id = "list_event_values";
    made.summary = "The different values of a field in order, with the number of events that have each.";
    made.parameters.push_back({"after", R"({"type":"string"})", false, "The value behind which to go on."});
    made.reply_schema = schema_with("next", R"(,"next":{"type":["string","null"]})");
    made.check = check_in_order;
    made.read = in_order;
    return made;
}

}  // namespace carrel::siem
