#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/alert_counts.hpp"
#include "siem/alerts.hpp"
#include "siem/console/alert_days.hpp"
#include "siem/console/event_days.hpp"
#include "siem/event_walk.hpp"
#include "siem/events.hpp"

#include <algorithm>
#include <array>

// What a console shows first. Everything here is counted beforehand or read off the directory of segments: nobody's dashboard goes
// through all alerts or events.
namespace carrel::siem {

namespace {

constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;
constexpr std::size_t top_rules_max = 10;

// Nobody has to do anything any more about the others.
constexpr std::array active_statuses = {alert_status::pending, alert_status::acknowledged, alert_status::investigating,
                                        alert_status::escalated};

bool is_active(std::size_t status) {
    return std::any_of(active_statuses.begin(), active_statuses.end(),
                       [&](alert_status each) { return static_cast<std::size_t>(each) == status; });
}

// -- GET /dashboard ---

void write_alerts(const alert_counts& counts, json::writer& out) {
    std::array<std::int64_t, severities.size()> active{};
    std::array<std::int64_t, alert_statuses.size()> by_status{};
    std::int64_t total = 0, active_total = 0;
    for (std::size_t status = 0; status < by_status.size(); ++status)
        for (std::size_t severity = 0; severity < active.size(); ++severity) {
            const std::int64_t count = counts.of[status][severity];
            by_status[status] += count;
            total += count;
            if (!is_active(status)) continue;
            active[severity] += count;
            active_total += count;
        }
    out.key("total_alerts").integer(total).key("active_alerts").integer(active_total);
    out.key("active_by_severity").begin_object();
    // The worst first, as wherever severities are listed.
    for (std::size_t i = active.size(); i-- > 0;) out.key(severities[i]).integer(active[i]);
    out.end_object().key("alerts_by_status").begin_object();
    for (std::size_t i = 0; i < by_status.size(); ++i) out.key(alert_statuses[i]).integer(by_status[i]);
    out.end_object();
}

result<void> write_rules(read_session& session, const call& request, std::int64_t last, json::writer& out) {
    auto fired = read_fired_rules(session, last, top_rules_max);
    if (!fired) return fired.error();
    const bool may_read = request.who == nullptr || request.who->may.has(permission::read_rules);
    out.key("rules_fired").integer(fired->count).key("top_rules").begin_array();
    for (const rule_alerts& each : fired->top) {
        // A rule that is gone has left its alerts.
        auto name = session.first<std::string>(read_sql("SELECT name FROM rules WHERE id = ?"), each.rule_id);
        if (!name) return name.error();
        out.begin_object().key("rule_id").string(each.rule_id).key("name");
        if (*name && may_read) out.string(**name);
        else out.null();
        out.key("alerts").integer(each.alerts).end_object();
    }
    out.end_array();
    return {};
}

struct trouble {
    std::string_view what;
    read_sql count;
};

// What waits for somebody, as far as the database knows; /health/ready tells of the server.
result<void> write_health(read_session& session, json::writer& out) {
    static constexpr std::array troubles = {
        trouble{"dead_letters_pending",
                "SELECT count(*) FROM (SELECT 1 FROM dead_letters WHERE status = 0 LIMIT 1001)"},
        trouble{"rule_feeds_failing", "SELECT count(*) FROM rule_feeds WHERE status = 2"},
        trouble{"ioc_feeds_failing", "SELECT count(*) FROM ioc_feeds WHERE status = 2"}};
    std::array<std::int64_t, troubles.size()> counts{};
    for (std::size_t i = 0; i < troubles.size(); ++i) {
        auto found = session.first_integer(troubles[i].count);
        if (!found) return found.error();
        counts[i] = found->value_or(0);
    }
    const bool is_well = std::all_of(counts.begin(), counts.end(), [](std::int64_t each) { return each == 0; });
    out.key("system_health").string(is_well ? "OK" : "DEGRADED").key("troubles").begin_object();
    for (std::size_t i = 0; i < troubles.size(); ++i) out.key(troubles[i].what).integer(counts[i]);
    out.end_object();
    return {};
}

result<void> dashboard(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto events = count_events(session, event_conditions());
    if (!events) return events.error();
    auto last = alert_text().last_indexed(session);
    if (!last) return last.error();
    auto counts = read_alert_counts(session, *last);
    if (!counts) return counts.error();
    json::writer out(into.body);
    out.begin_object().key("total_events").integer(*events);
    write_alerts(*counts, out);
    if (auto done = write_rules(session, request, *last, out); !done) return done;
    if (auto done = write_health(session, out); !done) return done;
    out.end_object();
    return {};
}

// -- GET /dashboard/chart ---

struct chart_input : input {
    bool by_month = true;
    std::int64_t buckets = 12;
};

std::optional<problem> check_chart(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<chart_input>();
    std::vector<fault> faults = refuse_repeats(request.query);
    const auto interval = parameter(request.query, "interval").value_or("month");
    if (interval != "month" && interval != "day") faults.push_back({"interval", 0, "must be month or day"});
    parsed->by_month = interval == "month";
    parsed->buckets = parsed->by_month ? 12 : 30;
    if (auto wrong = read_number(request.query, "buckets", parsed->by_month ? 120 : 366, parsed->buckets))
        faults.push_back(std::move(*wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// The starts of as many buckets as are wanted, the last of them the one of now, and its end.
std::vector<timestamp> starts_of(const time_buckets& cut, timestamp now, std::int64_t wanted) {
    std::vector<timestamp> starts{cut.next(cut.start(now)), cut.start(now)};
    while (static_cast<std::int64_t>(starts.size()) <= wanted) starts.push_back(cut.start(starts.back() - 1));
    std::reverse(starts.begin(), starts.end());
    return starts;
}

result<void> chart(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const chart_input&>(*request.parsed);
    into.clear();
    const auto cut = time_buckets::every(parameters.by_month ? "1M" : "1d", *time_zone::named("UTC"));
    const std::vector<timestamp> starts = starts_of(*cut, request.now, parameters.buckets);
    auto events = count_events_by(session, *cut, starts.front(), starts.back());
    if (!events) return events.error();
    auto last = alert_text().last_indexed(session);
    if (!last) return last.error();
    auto days = read_alert_days(session, *last, starts.front() / day);
    if (!days) return days.error();
    std::map<timestamp, std::int64_t> alerts;
    for (const auto& [when, count] : *days) alerts[cut->start(when * day)] += count;
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
        const std::string at = format_time(starts[i]);
        out.begin_object().key("name").string(std::string_view(at).substr(0, parameters.by_month ? 7 : 10));
        out.key("start").string(at);
        out.key("events").integer((*events)[starts[i]]).key("alerts").integer(alerts[starts[i]]).end_object();
    }
    out.end_array().end_object();
    return {};
}

constexpr std::string_view dashboard_schema =
    R"({"type":"object","required":["total_events","total_alerts","active_alerts","active_by_severity",)"
    R"("alerts_by_status","rules_fired","top_rules","system_health","troubles"],"properties":{)"
    R"("total_events":{"type":"integer"},"total_alerts":{"type":"integer"},"active_alerts":{"type":"integer"},)"
    R"("active_by_severity":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("alerts_by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("rules_fired":{"type":"integer"},"top_rules":{"type":"array","items":{"type":"object",)"
    R"("required":["rule_id","name","alerts"],"properties":{"rule_id":{"type":"string"},)"
    R"("name":{"type":["string","null"]},"alerts":{"type":"integer"}}}},)"
    R"("system_health":{"enum":["OK","DEGRADED"]},)"
    R"("troubles":{"type":"object","additionalProperties":{"type":"integer"}}}})";

constexpr std::string_view chart_schema =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
    R"("required":["name","start","events","alerts"],"properties":{"name":{"type":"string"},)"
    R"("start":{"type":"string","format":"date-time"},"events":{"type":"integer"},"alerts":{"type":"integer"}}}}}})";

operation console_operation(std::string path, std::string id, std::string summary) {
    operation made;
    made.path = std::move(path);
    made.id = std::move(id);
    made.summary = std::move(summary);
    made.of = &events();
    made.is_about_version = false;
    made.needs = access::requirement::all_of(permission_set::of({permission::read_events, permission::read_alerts}));
    made.check = check_address;
    return made;
}

}  // namespace

std::vector<operation> dashboard_operations() {
    operation numbers = console_operation("/dashboard", "get_dashboard", "How many events and alerts, and of what.");
    numbers.reply_schema = dashboard_schema;
    numbers.read = dashboard;

    operation over_time = console_operation("/dashboard/chart", "get_dashboard_chart",
                                            "Counts events and alerts by month or day, empty ones included.");
    over_time.parameters = {
        {"interval", R"({"type":"string","enum":["month","day"],"default":"month"})", false, "By UTC."},
        {"buckets", R"({"type":"integer","minimum":1,"maximum":366})", false,
         "How many, up to the present one: 12 months or 30 days; at most 120 and 366."}};
    over_time.reply_schema = chart_schema;
    over_time.check = check_chart;
    over_time.read = chart;
    return {std::move(numbers), std::move(over_time)};
}

std::vector<const resource*> dashboard_resources() { return {}; }

}  // namespace carrel::siem
