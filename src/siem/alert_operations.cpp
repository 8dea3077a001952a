#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/alert_counts.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"

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
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
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
    const auto& input = static_cast<const status_input&>(*request.parsed);
    into.clear();
    auto before = load(*what.of, session, request, into);
    if (!before) return before.error();
    const std::size_t status = what.of->position("status");
    const auto from = static_cast<alert_status>(before->integer(status));
    if (!is_allowed(alert_transitions, from, input.to)) return refuse(into, illegal(from, input.to));
    record after = *before;
    after.values[status] = static_cast<std::int64_t>(input.to);
    return save(*what.of, session, request, *before, std::move(after), input.note, into);
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
    auto last = alert_text().last_indexed(session);
    if (!last) return last.error();
    auto counts = read_alert_counts(session, *last);
    if (!counts) return counts.error();
    std::array<std::int64_t, alert_statuses.size()> by_status{};
    std::array<std::int64_t, severities.size()> by_severity{};
    std::int64_t total = 0;
    for (std::size_t status = 0; status < by_status.size(); ++status)
        for (std::size_t severity = 0; severity < by_severity.size(); ++severity) {
            const std::int64_t count = counts->of[status][severity];
            by_status[status] += count;
            by_severity[severity] += count;
            total += count;
        }
    json::writer out(into.body);
    out.begin_object();
    write_counts(out, "by_status", alert_statuses, by_status);
    // The worst first, as wherever severities are listed.
    auto names = severities;
    std::ranges::reverse(names);
    std::ranges::reverse(by_severity);
    write_counts(out, "by_severity", names, by_severity);
    out.key("total").integer(total).end_object();
    return {};
}

// -- the table ---

constexpr std::string_view stats_schema =
    R"({"type":"object","required":["by_status","by_severity","total"],"properties":{)"
    R"("by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("by_severity":{"type":"object","additionalProperties":{"type":"integer"}},"total":{"type":"integer"}}})";

operation status_operation() {
    operation made;
    made.method = method::post;
    made.path = "/alerts/{id}/status";
    made.id = "change_alert_status";
    made.summary = "Changes the status of an alert.";
    made.body = body_kind::json;
    made.fields = document(status_fields(), false);
    made.reply_schema = R"({"$ref":"#/components/schemas/alert"})";
    made.of = &alerts();
    made.check = check_status;
    made.write = change_status;
    return made;
}

operation stats_operation() {
    operation made;
    made.path = "/alerts/stats";
    made.id = "get_alert_stats";
    made.summary = "Counts alerts by status and severity.";
    made.reply_schema = stats_schema;
    made.of = &alerts();
    made.check = check_address;
    made.read = stats;
    return made;
}

}  // namespace

std::vector<operation> alert_operations() {
    std::vector<operation> all = common_operations(alerts());
    all.push_back(status_operation());
    all.push_back(history_operation());
    all.push_back(stats_operation());
    return all;
}

}  // namespace carrel::siem
