#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::problem_code;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(alert_counts)

BOOST_AUTO_TEST_CASE(stats_count_every_status_and_severity) {
    domain d;
    BOOST_TEST(
        d.get("/alerts/stats").reply.body ==
        R"({"by_status":{"pending":0,"acknowledged":0,"investigating":0,"resolved":0,"escalated":0,"dismissed":0,)"
        R"("false_positive":0,"closed":0},"by_severity":{"critical":0,"high":0,"medium":0,"low":0,"informational":0},)"
        R"("total":0})");
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    d.post("/alerts", R"({"title":"t","severity":"low"})");
    d.post("/alerts", R"({"title":"t","severity":"critical"})");
    d.post("/alerts/a/status", R"({"status":"closed"})");
    const auto stats = d.get("/alerts/stats");
    BOOST_TEST(stats.at("/by_status/pending").as_int64() == 2);
    BOOST_TEST(stats.at("/by_status/closed").as_int64() == 1);
    BOOST_TEST(stats.at("/by_severity/low").as_int64() == 2);
    BOOST_TEST(stats.at("/by_severity/critical").as_int64() == 1);
    BOOST_TEST(stats.at("/total").as_int64() == 3);
    const auto unknown = d.get("/alerts/stats", {{"x", "1"}});
    BOOST_TEST((unknown.refused && unknown.refused->code == problem_code::bad_request));
}

// Alerts beyond what the counts have taken in, among them, changed, gone and come again.
BOOST_AUTO_TEST_CASE(stats_are_right_however_many_alerts_are_counted_already) {
    domain d;
    const auto check = [&] {
        const auto stats = d.get("/alerts/stats");
        for (const char* severity : {"low", "high", "critical"})
            BOOST_TEST(stats.at("/by_severity/" + std::string(severity)) ==
                       d.get("/alerts/count", {{"severity", severity}}).at("/count"));
        for (const char* status : {"pending", "acknowledged", "closed"})
            BOOST_TEST(stats.at("/by_status/" + std::string(status)) ==
                       d.get("/alerts/count", {{"status", status}}).at("/count"));
        BOOST_TEST(stats.at("/total") == d.get("/alerts/count").at("/count"));
    };
    const auto make = [&](int i) {
        const std::string id = "a" + std::to_string(i);
        d.post("/alerts",
               R"({"title":"t","severity":")" + std::string(i % 3 == 0 ? "low" : "high") + R"(","id":")" + id + "\"}");
    };
    for (int i = 0; i < 1030; ++i) make(i);
    BOOST_TEST(d.count("SELECT sum(count) FROM alert_counts") == 1024);
    check();
    for (const char* id : {"a1", "a1029"}) {
        d.post("/alerts/" + std::string(id) + "/status", R"({"status":"acknowledged"})");
        d.patch("/alerts/" + std::string(id), R"({"severity":"critical"})");
    }
    check();
    for (const char* id : {"a1", "a3", "a1028", "a1029"}) d.remove("/alerts/" + std::string(id));
    check();
    for (int i = 2000; i < 2010; ++i) make(i);
    check();
    for (int i = 3000; i < 4030; ++i) make(i);
    check();
    BOOST_TEST(d.count("SELECT sum(count) FROM alert_counts") > 2040);
}

BOOST_AUTO_TEST_SUITE_END()
