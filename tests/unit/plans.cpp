// How SQLite goes about the lists: each order by an index, and each filter without looking at all rows one by one.
#include "support/plans.hpp"
#include "resource/listing.hpp"
#include "siem/events.hpp"
#include "siem/resources.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::siem;
using carrel::testing::domain;

namespace {

using query = domain::query;

// That of the list, a step a line: `SEARCH rules USING INDEX …`.
std::string plan_of(domain& d, const resource& of, const query& by) {
    call request;
    request.query = by;
    request.path[0] = "parent";
    operation list = list_operation(of);
    const auto wrong = list.check(list, request);
    BOOST_REQUIRE_MESSAGE(!wrong, of.plural << ": " << (wrong ? wrong->detail : ""));
    const std::string sql(page_sql(request));
    const std::vector<carrel::value> unbound(static_cast<std::size_t>(std::count(sql.begin(), sql.end(), '?')));
    return carrel::testing::plan_of(d, sql, unbound);
}

// Whether the table itself is gone through from end to end, in no order.
bool scans(const std::string& plan, const resource& of) {
    const std::string scan = "SCAN " + std::string(of.table) + "\n";
    return plan.find(scan) != plan.npos;
}
bool sorts(const std::string& plan) { return plan.find("TEMP B-TREE FOR ORDER BY") != plan.npos; }

// A value that the filter takes.
std::string value_for(const filter& rules) {
    switch (rules.kind) {
        case filter_kind::enumeration: return std::string(rules.values.front());
        case filter_kind::boolean: return "true";
        case filter_kind::time_from:
        case filter_kind::time_to: return "2023-11-14T22:13:20Z";
        case filter_kind::number_from: return "1";
        default: return "x";
    }
}

std::vector<const resource*> in_tables() {
    std::vector<const resource*> all;
    for (const resource* each : resources())
        if (each != &events()) all.push_back(each);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plans)

BOOST_AUTO_TEST_CASE(a_plan_without_an_index_is_noticed) {
    domain d;
    const auto dropped =
        d.write([](carrel::write_session& session) { return session.execute("DROP INDEX rules_by_name"); });
    BOOST_REQUIRE_MESSAGE(dropped.has_value(), (dropped ? "" : dropped.error().message()));
    const resource& rules = *resource_of("rules");
    const std::string plan = plan_of(d, rules, {{"sort", "name"}});
    BOOST_TEST(sorts(plan), plan);
    BOOST_TEST(!sorts(plan_of(d, rules, {{"sort", "-created_at"}})));
}

BOOST_AUTO_TEST_CASE(each_order_of_each_list_is_that_of_an_index) {
    domain d;
    for (const resource* of : in_tables())
        for (const std::string_view sort : of->sorts)
            for (const char* way : {"", "-"}) {
                const std::string plan = plan_of(d, *of, {{"sort", way + std::string(sort)}});
                // Alerts are stored far more often than they are sorted by these: their indexes cost each of them.
                const bool is_rare = of->table == "alerts" && sort != "created_at";
                if (is_rare) continue;
                // Numbers of rows are the order of the table itself.
                BOOST_TEST((sort == "seq" || !scans(plan, *of)), of->plural << " " << way << sort << ": " << plan);
                BOOST_TEST(!sorts(plan), of->plural << " " << way << sort << ": " << plan);
            }
}

BOOST_AUTO_TEST_CASE(each_filter_of_each_list_goes_by_an_index) {
    domain d;
    for (const resource* of : in_tables())
        for (const filter& rules : of->filters) {
            if (rules.kind == filter_kind::query || rules.kind == filter_kind::member) continue;
            const std::string plan = plan_of(d, *of, {{std::string(rules.name), value_for(rules)}});
            BOOST_TEST(!scans(plan, *of), of->plural << " " << rules.name << ": " << plan);
        }
}

BOOST_AUTO_TEST_SUITE_END()
