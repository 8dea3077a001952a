// The dashboard: numbers that are true, and that nobody counts row by row.
#include "siem/alert_counts.hpp"
#include "siem/listeners/dead_letters.hpp"
#include "support/callers.hpp"
#include "support/plans.hpp"
#include "support/rule_bodies.hpp"
#include "support/sealing.hpp"

#include <boost/test/unit_test.hpp>

using carrel::access::permission;
using namespace carrel::siem;
using namespace carrel::testing;

namespace {

constexpr timestamp day = timestamp{24} * 3600 * 1'000'000;

void add_alert(domain& d, const std::string& id, std::string_view severity, std::string_view rule = "") {
    const std::string of = rule.empty() ? "" : R"(,"rule_id":")" + std::string(rule) + "\"";
    const auto made = d.post(
        "/alerts", R"({"id":")" + id + R"(","title":"t","severity":")" + std::string(severity) + "\"" + of + "}");
    BOOST_REQUIRE(!made.refused);
}

void add_event(domain& d, std::string_view at) { d.ingest_lines("{\"timestamp\":\"" + std::string(at) + "\"}\n"); }

// `2023-11:3/1` for each bucket that is not empty.
std::string filled(const answer& chart) {
    std::string all;
    const auto buckets = chart.at("/items");
    for (const auto& each : buckets.as_array()) {
        const auto events = each.at("events").as_int64(), alerts = each.at("alerts").as_int64();
        if (events == 0 && alerts == 0) continue;
        all.append(all.empty() ? "" : " ").append(each.at("name").as_string().c_str());
        all.append(":" + std::to_string(events) + "/" + std::to_string(alerts));
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dashboard)

BOOST_AUTO_TEST_CASE(an_empty_installation_has_zeros) {
    domain d;
    const auto got = d.get("/dashboard");
    BOOST_TEST(got.at("/total_events").as_int64() == 0);
    BOOST_TEST(got.at("/active_alerts").as_int64() == 0);
    BOOST_TEST(got.at("/rules_fired").as_int64() == 0);
    BOOST_TEST(got.at("/top_rules").as_array().empty());
    BOOST_TEST(got.text("/system_health") == "OK");
}

BOOST_AUTO_TEST_CASE(alerts_and_rules_are_counted_as_they_are) {
    domain d;
    d.post("/rules", query_rule("r1"));
    d.post("/rules", query_rule("r2"));
    d.post("/rules", query_rule("silent"));
    add_alert(d, "a", "high", "r2");
    add_alert(d, "b", "low", "r1");
    add_alert(d, "c", "high", "r2");
    add_alert(d, "e", "critical");
    d.post("/alerts/b/status", R"({"status":"closed"})");
    add_event(d, "2023-11-14T00:00:00Z");
    const auto got = d.get("/dashboard");
    BOOST_TEST(got.at("/total_events").as_int64() == 1);
    BOOST_TEST(got.at("/total_alerts").as_int64() == 4);
    BOOST_TEST(got.at("/active_alerts").as_int64() == 3);
    BOOST_TEST(got.at("/active_by_severity/high").as_int64() == 2);
    BOOST_TEST(got.at("/active_by_severity/low").as_int64() == 0);
    BOOST_TEST(got.at("/alerts_by_status/closed").as_int64() == 1);
    BOOST_TEST(got.at("/rules_fired").as_int64() == 2);
    BOOST_TEST(got.text("/top_rules/0/rule_id") == "r2");
    BOOST_TEST(got.text("/top_rules/0/name") == "n r2");
    BOOST_TEST(got.at("/top_rules/0/alerts").as_int64() == 2);
    BOOST_TEST(got.text("/top_rules/1/rule_id") == "r1");
    d.remove("/alerts/b");
    BOOST_TEST(d.get("/dashboard").at("/rules_fired").as_int64() == 1);
    const auto known = by("ann", {permission::read_events, permission::read_alerts});
    BOOST_TEST(d.send(method::get, "/dashboard", {}, {}, known).at("/top_rules/0/name").is_null());
}

// What is counted in the tables and what is counted by a query make the same.
BOOST_AUTO_TEST_CASE(many_alerts_are_counted_right_and_uncounted_when_they_go) {
    domain d;
    for (const char* rule : {"r0", "r1", "r2"}) d.post("/rules", query_rule(rule));
    for (int i = 0; i < 2500; ++i) {
        d.now += day / 100;
        add_alert(d, "a" + std::to_string(i), "low", "r" + std::to_string(i % 7 % 3));
    }
    BOOST_TEST(d.count("SELECT sum(count) FROM alert_days") >= 1024);
    for (int i = 0; i < 2500; i += 5) d.remove("/alerts/a" + std::to_string(i));
    const auto got = d.get("/dashboard");
    BOOST_TEST(got.at("/total_alerts").as_int64() == 2000);
    std::int64_t of_rules = 0;
    const auto rules = got.at("/top_rules");
    for (const auto& each : rules.as_array()) {
        const std::string id(each.at("rule_id").as_string());
        const auto counted =
            d.get("/alerts", {{"rule_id", id}, {"count", "true"}, {"limit", "1"}}).at("/total").as_int64();
        BOOST_TEST(each.at("alerts").as_int64() == counted, id);
        of_rules += counted;
    }
    BOOST_TEST(of_rules == 2000);
    const auto chart = d.get("/dashboard/chart", {{"interval", "day"}});
    BOOST_TEST(chart.at("/items").as_array().size() == 30U);
    std::int64_t of_days = 0;
    const auto buckets = chart.at("/items");
    for (const auto& each : buckets.as_array()) {
        const std::string from(each.at("start").as_string());
        const auto to = format_time(*parse_time(from) + day);
        const auto counted = d.get("/alerts", {{"from", from}, {"to", to}, {"count", "true"}}).at("/total").as_int64();
        BOOST_TEST(each.at("alerts").as_int64() == counted, from);
        of_days += counted;
    }
    BOOST_TEST(of_days == 2000);
}

BOOST_AUTO_TEST_CASE(a_chart_has_every_month_or_day_up_to_now) {
    domain d;  // 2023-11-14T22:13:20Z
    add_event(d, "2023-11-14T00:00:00Z");
    add_event(d, "2023-11-01T00:00:00Z");
    add_event(d, "2023-10-31T23:59:59.999999Z");
    add_event(d, "2022-12-01T00:00:00Z");
    add_event(d, "2022-11-30T23:59:59Z");  // before the first month
    add_event(d, "2023-12-01T00:00:00Z");  // to come
    add_alert(d, "a", "low");
    const auto months = d.get("/dashboard/chart");
    BOOST_TEST(months.at("/items").as_array().size() == 12U);
    BOOST_TEST(months.text("/items/0/name") == "2022-12");
    BOOST_TEST(months.text("/items/11/name") == "2023-11");
    BOOST_TEST(months.text("/items/11/start") == "2023-11-01T00:00:00.000000Z");
    BOOST_TEST(filled(months) == "2022-12:1/0 2023-10:1/0 2023-11:2/1");
    const auto days = d.get("/dashboard/chart", {{"interval", "day"}, {"buckets", "15"}});
    BOOST_TEST(filled(days) == "2023-10-31:1/0 2023-11-01:1/0 2023-11-14:1/1");
    BOOST_TEST(is(d.get("/dashboard/chart", {{"interval", "week"}}), problem_code::bad_request));
    BOOST_TEST(is(d.get("/dashboard/chart", {{"buckets", "121"}}), problem_code::bad_request));
    BOOST_TEST(is(d.get("/dashboard/chart", {{"interval", "day"}, {"buckets", "367"}}), problem_code::bad_request));
    BOOST_TEST(is(d.get("/dashboard/chart", {{"buckets", "0"}}), problem_code::bad_request));
}

BOOST_AUTO_TEST_CASE(a_segment_that_spans_days_is_counted_by_its_events) {
    domain d;
    std::string lines;
    for (int i = 0; i < 60; ++i)
        lines += "{\"timestamp\":\"" + format_time(d.now - i * day / 2) + "\",\"n\":" + std::to_string(i) + "}\n";
    d.ingest_lines(lines);
    BOOST_TEST(d.count("SELECT count(*) FROM event_segments") == 1);
    const auto once = d.get("/dashboard/chart", {{"interval", "day"}});
    const auto again = d.get("/dashboard/chart", {{"interval", "day"}});
    BOOST_TEST(once.reply.body == again.reply.body);
    std::int64_t all = 0;
    const auto days = once.at("/items");
    for (const auto& each : days.as_array()) {
        const std::string from(each.at("start").as_string());
        const auto counted = d.get("/events/count", {{"from", from}, {"to", format_time(*parse_time(from) + day)}})
                                 .at("/count")
                                 .as_int64();
        BOOST_TEST(each.at("events").as_int64() == counted, from);
        all += counted;
    }
    BOOST_TEST(all >= 59);
    // Other segments with the same events are counted the same.
    d.ingest_lines("{\"timestamp\":\"" + format_time(d.now) + "\"}\n");
    seal_all(d);
    const auto sealed = d.get("/dashboard/chart", {{"interval", "day"}});
    BOOST_TEST(sealed.at("/items/29/events").as_int64() == once.at("/items/29/events").as_int64() + 1);
    BOOST_TEST(sealed.at("/items/20/events").as_int64() == once.at("/items/20/events").as_int64());
}

BOOST_AUTO_TEST_CASE(what_waits_for_somebody_shows) {
    domain d;
    dead_letter one;
    one.raw = "x";
    d.write([&](carrel::write_session& session) { return add_dead_letters(session, std::span(&one, 1)); }).value();
    const auto got = d.get("/dashboard");
    BOOST_TEST(got.text("/system_health") == "DEGRADED");
    BOOST_TEST(got.at("/troubles/dead_letters_pending").as_int64() == 1);
    d.post("/dlq/discard", R"({"filter":{}})");
    BOOST_TEST(d.get("/dashboard").text("/system_health") == "OK");
}

BOOST_AUTO_TEST_CASE(alerts_of_an_earlier_version_are_counted_by_the_upgrade) {
    domain d(25);
    d.write([&](carrel::write_session& session) -> carrel::result<void> {
         for (int i = 0; i < 3; ++i) {
             auto done = session.execute(
                 "INSERT INTO alerts(id, version, created_at, updated_at, title, severity, status, disposition, "
                 "event_ids, "
                 "tags, duplicate_count, last_seen) VALUES (?, 1, ?2, ?2, 't', 1, 0, 0, '[]', '[]', 0, ?2)",
                 std::to_string(i), d.now + i * day);
             if (!done) return done;
         }
         return session.execute("UPDATE text_indexed SET row = 2 WHERE name = 'alerts'");
     }).value();
    d.upgrade();
    d.now += 3 * day;
    BOOST_TEST(filled(d.get("/dashboard/chart", {{"interval", "day"}})) ==
               "2023-11-14:0/1 2023-11-15:0/1 2023-11-16:0/1");
}

BOOST_AUTO_TEST_CASE(no_number_is_counted_by_a_scan_of_alerts_or_segments) {
    domain d;
    for (const char* sql :
         {"SELECT seq, events, from_at, to_at FROM event_segments WHERE to_at >= 1 AND from_at < 2",
          "SELECT day, count FROM alert_days WHERE day >= 3 AND count > 0",
          "SELECT rule_id, count FROM alert_rules WHERE count > 0 ORDER BY count DESC, rule_id LIMIT 10",
          "SELECT count(*) FROM alert_rules WHERE count > 0",
          "SELECT created_at / 86400000000, 1 FROM alerts WHERE seq > 7",
          "SELECT created_at / 86400000000, count(*) FROM alerts WHERE seq > 7 AND seq <= 9 GROUP BY 1",
          "SELECT rule_id, count(*) FROM alerts WHERE seq > 7 AND seq <= 9 AND +rule_id IS NOT NULL GROUP BY +rule_id",
          "SELECT rule_id, count(*) FROM alerts WHERE seq > 7 AND +rule_id IS NOT NULL GROUP BY +rule_id",
          "SELECT 1 FROM dead_letters WHERE status = 0 LIMIT 1001"}) {
        const std::string plan = carrel::testing::plan_of(d, sql);
        BOOST_TEST(plan.find("SEARCH") != plan.npos, plan);
        BOOST_TEST(plan.find("SCAN") == plan.npos, plan);
        BOOST_TEST(plan.find("SEARCH alerts USING INDEX") == plan.npos, plan);
    }
}

BOOST_AUTO_TEST_SUITE_END()
