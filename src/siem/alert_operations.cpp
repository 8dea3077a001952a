#include "json/writer.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"
#include "siem/problems.hpp"
#include "siem/time.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

// -- POST /alerts/{id}/status ---

struct status_input : input {
    alert_status to = alert_status::pending;
    std::string note;
};

const std::array<field, 2>& status_fields() {
    static const std::array<field, 2> fields = {{
        {.name = "status", .kind = field_kind::enumeration, .required = true, .values = alert_statuses},
        {.name = "note", .max = 10'000},
    }};
    return fields;
}

std::optional<problem> check_status(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    std::vector<std::optional<value>> given;
    std::vector<fault> faults = read_members(status_fields(), request.body, given);
    if (faults.empty() && !given[0]) faults.push_back({"status", 0, "is required"});
    if (!faults.empty()) return problem_of(problem_code::invalid, std::move(faults), request.members_left_out);
    auto parsed = std::make_unique<status_input>();
    parsed->to = static_cast<alert_status>(std::get<std::int64_t>(*given[0]));
    if (given[1])
        if (const auto* note = std::get_if<std::string>(&*given[1])) parsed->note = *note;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

problem illegal(alert_status from, alert_status to) {
    const auto name = [](alert_status status) { return std::string(alert_statuses[static_cast<std::size_t>(status)]); };
    return {problem_code::illegal_transition,
            name(from) + " cannot become " + name(to) +
                "; allowed: " + allowed_after(alert_transitions, alert_statuses, from),
            {}};
}

result<void> change_status(const operation& what, write_session& session, const call& request, reply& into) {
    const auto& asked = static_cast<const status_input&>(*request.parsed);
    into.clear();
    auto before = load(*what.of, session, request, into);
    if (!before) return before.error();
    const std::size_t status = what.of->position("status");
    const auto from = static_cast<alert_status>(before->integer(status));
    if (!is_allowed(alert_transitions, from, asked.to)) return refuse(into, illegal(from, asked.to));
    record after = *before;
    after.values[status] = static_cast<std::int64_t>(asked.to);
    return save(*what.of, session, request, *before, std::move(after), asked.note, into);
}

// -- GET /alerts/{id}/history ---

void write_change(json::writer& out, std::string& body, const statement& row) {
    const auto text = [&](int column) {
        if (const auto held = row.optional_text(column)) {
            out.string(*held);
        } else {
            out.null();
        }
    };
    out.begin_object().key("field").string(row.text(0)).key("from");
    text(1);
    out.key("to");
    text(2);
    out.key("at").raw("\"");
    append_time(body, row.integer(3));
    body += '"';
    out.key("note");
    text(4);
    out.end_object();
}

result<void> history(const operation& what, read_session& session, const call& request, reply& into) {
    into.clear();
    auto alert = session.first_integer("SELECT seq FROM alerts WHERE id = ?", request.path[0]);
    if (!alert) return alert.error();
    if (!*alert) return refuse(into, not_found(what.of->name, request.path[0]));
    auto rows =
        session.prepare("SELECT field, from_value, to_value, at, note FROM alert_history WHERE alert = ? ORDER BY seq");
    if (!rows) return rows.error();
    rows->bind(**alert);
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) break;
        write_change(out, into.body, *rows);
    }
    out.end_array().end_object();
    return {};
}

// -- GET /alerts/stats ---

void write_counts(json::writer& out, std::string_view name, std::span<const std::string_view> names,
                  std::span<const std::int64_t> counts) {
    out.key(name).begin_object();
    for (std::size_t i = 0; i < names.size(); ++i) out.key(names[i]).integer(counts[i]);
    out.end_object();
}

result<void> stats(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    // Counted here: both columns stand in one index, and grouping would sort it first.
    auto rows = session.prepare("SELECT status, severity FROM alerts");
    if (!rows) return rows.error();
    std::array<std::int64_t, alert_statuses.size()> by_status{};
    std::array<std::int64_t, severities.size()> by_severity{};
    std::int64_t total = 0;
    for (rows->bind();;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) break;
        ++by_status.at(static_cast<std::size_t>(rows->integer(0)));
        ++by_severity.at(static_cast<std::size_t>(rows->integer(1)));
        ++total;
    }
    json::writer out(into.body);
    out.begin_object();
    write_counts(out, "by_status", alert_statuses, by_status);
    // The worst first, as everywhere that severities are listed.
    auto names = severities;
    std::ranges::reverse(names);
    std::ranges::reverse(by_severity);
    write_counts(out, "by_severity", names, by_severity);
    out.key("total").integer(total).end_object();
    return {};
}

// -- the table ---

constexpr std::string_view history_schema =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array",)"
    R"("items":{"type":"object","required":["field","from","to","at","note"],"properties":{)"
    R"("field":{"enum":["status","disposition","assigned_to"]},"from":{"type":["string","null"]},)"
    R"("to":{"type":["string","null"]},"at":{"type":"string","format":"date-time"},"note":{"type":["string","null"]}}}}}})";
constexpr std::string_view stats_schema =
    R"({"type":"object","required":["by_status","by_severity","total"],"properties":{)"
    R"("by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("by_severity":{"type":"object","additionalProperties":{"type":"integer"}},"total":{"type":"integer"}}})";

operation status_operation() {
    operation made;
    made.method = method::post;
    made.path = "/alerts/{id}/status";
    made.id = "change_alert_status";
    made.summary = "Moves an alert to another status.";
    made.body = body_kind::json;
    made.fields = document(status_fields(), false);
    made.reply_schema = R"({"$ref":"#/components/schemas/alert"})";
    made.of = &alerts();
    made.check = check_status;
    made.write = change_status;
    return made;
}

operation reading(std::string path, std::string id, std::string summary, std::string_view schema, read_function read) {
    operation made;
    made.path = std::move(path);
    made.id = std::move(id);
    made.summary = std::move(summary);
    made.reply_schema = schema;
    made.of = &alerts();
    made.check = check_address;
    made.read = read;
    return made;
}

}  // namespace

std::vector<operation> alert_operations() {
    std::vector<operation> all = common_operations(alerts());
    all.push_back(status_operation());
    all.push_back(reading("/alerts/{id}/history", "get_alert_history",
                          "Every change of an alert's status, disposition and assignee, oldest first.", history_schema,
                          history));
    all.push_back(
        reading("/alerts/stats", "get_alert_stats", "Counts alerts by status and severity.", stats_schema, stats));
    return all;
}

}  // namespace carrel::siem
