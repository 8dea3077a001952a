#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/alert_status.hpp"
#include "siem/cases/investigations.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

struct totals {
    std::array<std::int64_t, investigation_statuses.size()> by_status{};
    std::array<std::int64_t, priorities.size()> by_priority{};
    std::int64_t all = 0, closed = 0;
    std::optional<double> seconds_to_close;  // on average
};

// From the table of facets, and the one index that has both times.
result<totals> read_totals(read_session& session) {
    totals found;
    using row = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
    auto done = session.each<row>("SELECT status, priority, count FROM investigations_facets", [&](const row& one) {
        const auto& [status, priority, count] = one;
        found.by_status.at(static_cast<std::size_t>(status)) += count;
        found.by_priority.at(static_cast<std::size_t>(priority)) += count;
        found.all += count;
    });
    if (!done) return done.error();
    using closing = std::tuple<std::int64_t, std::optional<double>>;
    auto closed = session.first<closing>(
        "SELECT count(*), avg(closed_at - created_at) / 1e6 FROM investigations "
        "WHERE closed_at IS NOT NULL");
    if (!closed) return closed.error();
    if (*closed) std::tie(found.closed, found.seconds_to_close) = **closed;
    return found;
}

template <std::size_t N>
void write_counts(json::writer& out, std::string_view name, std::array<std::string_view, N> names,
                  std::array<std::int64_t, N> counts) {
    out.key(name).begin_object();
    for (std::size_t i = 0; i < N; ++i) out.key(names[i]).integer(counts[i]);
    out.end_object();
}

// The worst first, as wherever ranks are listed.
template <std::size_t N>
void write_ranks(json::writer& out, std::string_view name, std::array<std::string_view, N> names,
                 std::array<std::int64_t, N> counts) {
    std::ranges::reverse(names);
    std::ranges::reverse(counts);
    write_counts(out, name, names, counts);
}

void write_real(json::writer& out, std::string_view name, std::optional<double> number) {
    out.key(name);
    if (number) out.real(*number);
    else out.null();
}

result<void> stats(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    auto found = read_totals(session);
    if (!found) return found.error();
    const auto of = [&](investigation_status each) { return found->by_status[static_cast<std::size_t>(each)]; };
    using enum investigation_status;
    const std::int64_t open_count = of(open) + of(in_progress) + of(awaiting_review);
    json::writer out(into.body);
    out.begin_object().key("total").integer(found->all).key("open_count").integer(open_count);
    out.key("closed_count").integer(found->all - open_count);
    write_counts(out, "by_status", investigation_statuses, found->by_status);
    write_ranks(out, "by_priority", priorities, found->by_priority);
    write_real(out, "seconds_to_close_avg", found->seconds_to_close);
    const auto hours = found->seconds_to_close ? std::optional(*found->seconds_to_close / 3600) : std::nullopt;
    write_real(out, "hours_to_close_avg", hours);
    out.end_object();
    return {};
}

// -- of one investigation ---

struct alert_totals {
    std::array<std::int64_t, severities.size()> by_severity{};
    std::int64_t all = 0;
    timestamp first = 0, last = 0;
};

result<alert_totals> read_alert_totals(read_session& session, const std::string& id) {
    alert_totals found;
    using row = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
    auto done = session.each<row>(
        "SELECT severity, count(*), min(created_at), max(created_at) FROM alerts WHERE investigation_id = ? "
        "GROUP BY severity",
        id, [&](const row& one) {
            const auto& [severity, count, first, last] = one;
            found.by_severity.at(static_cast<std::size_t>(severity)) += count;
            found.first = found.all == 0 ? first : std::min(found.first, first);
            found.last = std::max(found.last, last);
            found.all += count;
        });
    if (!done) return done.error();
    return found;
}

// What the rules of the alerts name, and the investigation itself.
result<void> write_attack(json::writer& out, read_session& session, const record& of, std::string_view key,
                          const std::string& kind) {
    auto names = session.all<std::string>(
        read_sql::dynamic("SELECT item FROM investigations_" + kind + " WHERE row = ?1 UNION SELECT item FROM rules_" +
                          kind +
                          " WHERE row IN (SELECT rule FROM alerts WHERE investigation_id = ?2 AND rule IS NOT NULL) "
                          "ORDER BY item LIMIT 1000"),
        of.row, *of.text(investigations().id));
    if (!names) return names.error();
    out.key(key).begin_array();
    for (const std::string& each : *names) out.string(each);
    out.end_array();
    return {};
}

result<void> own_stats(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto of = load(investigations(), session, request, into);
    if (!of) return of.error();
    auto found = read_alert_totals(session, request.path[0]);
    if (!found) return found.error();
    json::writer out(into.body);
    out.begin_object().key("alerts").integer(found->all);
    write_ranks(out, "by_severity", severities, found->by_severity);
    const bool any = found->all > 0;
    for (const auto& [key, moment] : {std::pair("first_alert_at", found->first), {"last_alert_at", found->last}}) {
        out.key(key);
        if (any) out.string(format_time(moment));
        else out.null();
    }
    write_real(out, "range_hours",
               any ? std::optional(static_cast<double>(found->last - found->first) / 3.6e9) : std::nullopt);
    if (auto done = write_attack(out, session, *of, "mitre_tactics", "tactics"); !done) return done;
    if (auto done = write_attack(out, session, *of, "mitre_techniques", "techniques"); !done) return done;
    out.end_object();
    return {};
}

constexpr std::string_view stats_schema =
    R"({"type":"object","required":["total","open_count","closed_count","by_status","by_priority",)"
    R"("seconds_to_close_avg","hours_to_close_avg"],"properties":{"total":{"type":"integer"},)"
    R"("open_count":{"type":"integer"},"closed_count":{"type":"integer"},)"
    R"("by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("by_priority":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("seconds_to_close_avg":{"type":["number","null"]},"hours_to_close_avg":{"type":["number","null"]}}})";

constexpr std::string_view own_schema =
    R"({"type":"object","required":["alerts","by_severity","first_alert_at","last_alert_at","range_hours",)"
    R"("mitre_tactics","mitre_techniques"],"properties":{"alerts":{"type":"integer"},)"
    R"("by_severity":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("first_alert_at":{"type":["string","null"]},"last_alert_at":{"type":["string","null"]},)"
    R"("range_hours":{"type":["number","null"]},"mitre_tactics":{"type":"array","items":{"type":"string"}},)"
    R"("mitre_techniques":{"type":"array","items":{"type":"string"}}}})";

}  // namespace

std::vector<operation> investigation_stats_operations() {
    operation all = make_operation(investigations(), method::get, "/stats", "get_investigation_stats",
                                   "Counts investigations by status and priority; how long it takes to close one.");
    all.is_about_version = false;
    all.reply_schema = stats_schema;
    all.read = stats;
    operation own = make_operation(investigations(), method::get, "/{id}/stats", "get_investigation_alert_stats",
                                   "Counts the alerts of an investigation; tactics and techniques of their rules.");
    own.is_about_version = false;
    own.reply_schema = own_schema;
    own.read = own_stats;
    return {std::move(all), std::move(own)};
}

}  // namespace carrel::siem
