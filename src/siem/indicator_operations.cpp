#include "json/writer.hpp"
#include "resource/facets.hpp"
#include "resource/links.hpp"
#include "resource/listing.hpp"
#include "siem/aggregates.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/indicators.hpp"

#include <algorithm>
#include <iterator>

namespace carrel::siem {

namespace {

// A value is looked for in all forms that it may have as an indicator: a repeated filter means any of them.
void expand_values(call& request) {
    std::vector<std::pair<std::string, std::string>> given;
    for (auto& each : request.query) {
        const std::vector<std::string> forms =
            each.first == "value" ? forms_of(each.second) : std::vector<std::string>();
        for (const std::string& form : forms) given.emplace_back("value", form);
        if (forms.empty()) given.push_back(std::move(each));
    }
    request.query = std::move(given);
}

bool is_about_many(const operation& what) {
    return what.path == "/iocs" || what.path == "/iocs/count" || what.path == "/iocs/facets";
}

// What reads many understands a value however it is written.
void understand_values(operation& what) {
    if (what.method != method::get || !is_about_many(what)) return;
    what.check = [check = what.check](const operation& of, call& request) {
        expand_values(request);
        return check(of, request);
    };
}

// -- GET /iocs/stats ---

struct totals {
    std::array<std::int64_t, indicator_kinds.size()> by_type{};
    std::array<std::int64_t, indicator_statuses.size()> by_status{};
    std::array<std::int64_t, severities.size()> by_severity{};
    std::int64_t all = 0;
};

template <std::size_t N>
void write_counts(json::writer& out, std::string_view name, const std::array<std::string_view, N>& names,
                  const std::array<std::int64_t, N>& counts) {
    out.key(name).begin_object();
    for (std::size_t i = 0; i < N; ++i) out.key(names[i]).integer(counts[i]);
    out.end_object();
}

result<totals> read_totals(read_session& session) {
    totals found;
    using row = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
    auto done =
        session.each<row>("SELECT type, status, severity, sum(count) FROM iocs_facets GROUP BY type, status, severity",
                          [&](const row& one) {
                              const auto& [type, status, severity, count] = one;
                              found.by_type.at(static_cast<std::size_t>(type)) += count;
                              found.by_status.at(static_cast<std::size_t>(status)) += count;
                              found.by_severity.at(static_cast<std::size_t>(severity)) += count;
                              found.all += count;
                          });
    if (!done) return done.error();
    return found;
}

result<void> stats(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    auto found = read_totals(session);
    if (!found) return found.error();
    json::writer out(into.body);
    out.begin_object().key("total").integer(found->all);
    write_counts(out, "by_type", indicator_kinds, found->by_type);
    write_counts(out, "by_status", indicator_statuses, found->by_status);
    // The worst first, as wherever severities are listed.
    auto names = severities;
    std::ranges::reverse(names);
    std::ranges::reverse(found->by_severity);
    write_counts(out, "by_severity", names, found->by_severity);
    out.end_object();
    return {};
}

constexpr std::string_view stats_schema =
    R"({"type":"object","required":["total","by_type","by_status","by_severity"],"properties":{)"
    R"("total":{"type":"integer"},"by_type":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("by_status":{"type":"object","additionalProperties":{"type":"integer"}},)"
    R"("by_severity":{"type":"object","additionalProperties":{"type":"integer"}}}})";

operation stats_operation() {
    operation made =
        make_operation(iocs(), method::get, "/stats", "get_ioc_stats", "Counts indicators by type, status, severity.");
    made.is_about_version = false;
    made.reply_schema = stats_schema;
    made.check = check_address;
    made.read = stats;
    return made;
}

const link& alert_links() {
    static const link instance{.table = "ioc_alerts", .left = iocs, .right = alerts};
    return instance;
}

const link& investigation_links() {
    static const link instance{
        .table = "ioc_investigations",
        .left = iocs,
        .right = investigations,
        .require = [](read_session&, const record& right, reply& into) { return require_open(right, into); }};
    return instance;
}

}  // namespace

result<std::int64_t> archive_expired(write_session& session, timestamp now) {
    constexpr std::int64_t a_step = 200;
    auto due = session.all<std::string>(
        read_sql("SELECT id FROM iocs WHERE status = 0 AND expires_at IS NOT NULL AND expires_at <= ? "
                 "ORDER BY expires_at LIMIT ?"),
        now, a_step);
    if (!due) return due.error();
    call about;
    about.now = now;
    about.principal = "system";
    for (const std::string& id : *due) {
        about.path[0] = id;
        reply ignored;
        auto before = load(iocs(), session, about, ignored);
        if (!before) return before.error();
        record after = *before;
        after.values[ioc_at().status] = static_cast<std::int64_t>(indicator_status::archived);
        auto done = save(iocs(), session, about, *before, std::move(after), "it has expired", ignored);
        if (!done) return done.error();
    }
    return static_cast<std::int64_t>(due->size());
}

std::vector<const resource*> indicator_resources() {
    std::vector<const resource*> all{&iocs()};
    const auto more = hunt_resources();
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::vector<operation> indicator_operations() {
    std::vector<operation> all = common_operations(iocs());
    std::ranges::for_each(all, understand_values);
    const auto take = [&](std::vector<operation> more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    all.push_back(stats_operation());
    take(link_operations(alert_links()));
    take(link_operations(investigation_links()));
    take(indicator_import_operations());
    take(hunt_operations());
    return all;
}

}  // namespace carrel::siem
