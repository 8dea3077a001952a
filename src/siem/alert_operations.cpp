#include "json/writer.hpp"
#include "siem/alert_counts.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

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

constexpr std::string_view stats_schema =
    R"({"type":"object","required":["by_status","by_severity","total"],"properties":{)"
    R"("by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("by_severity":{"type":"object","additionalProperties":{"type":"integer"}},"total":{"type":"integer"}}})";

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
    all.push_back(stats_operation());
    return all;
}

}  // namespace carrel::siem
