// Alerts that start playbooks.
#include "siem/playbooks/alert_triggers.hpp"
#include "support/playbook_bodies.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::testing;

BOOST_AUTO_TEST_SUITE(playbook_triggers)

namespace {

const std::string note_step = R"({"id":"note","type":"add_note","parameters":{"note":"seen {{alert.title}}"}})";

// What the thread that watches does once.
std::int64_t watch(domain& d) {
    const auto matches = d.read(carrel::siem::match_alerts).value();
    return d.write([&](carrel::write_session& s) { return carrel::siem::start_matches(s, matches, d.now); }).value();
}

std::string on(const std::string& field, const std::string& op, const std::string& value) {
    return R"(,"triggers":[{"conditions":[{"field":")" + field + R"(","operator":")" + op + R"(","value":)" + value +
           "}]}]";
}

}  // namespace

BOOST_AUTO_TEST_CASE(alerts_that_fit_start_playbooks_once_each) {
    domain d;
    add_alert(d, "before");
    add_playbook(d, "p", note_step, on("severity", "greater_or_equal", "\"high\""));
    add_playbook(d, "off", note_step, on("severity", "equals", "\"high\"") + R"(,"enabled":false)");
    BOOST_TEST(d.count("SELECT count(*) FROM alerts_to_match") == 0);
    add_alert(d, "a");
    d.post("/alerts", R"({"id":"b","title":"t","severity":"low"})");
    BOOST_TEST(d.count("SELECT count(*) FROM alerts_to_match") == 2);
    BOOST_TEST(watch(d) == 1);
    BOOST_TEST(d.count("SELECT count(*) FROM alerts_to_match") == 0);
    run_own(d);
    const auto list = d.get("/playbook-executions", {{"alert_id", "a"}});
    BOOST_TEST(list.text("/items/0/trigger") == "alert");
    BOOST_TEST(list.text("/items/0/status") == "completed");
    // Changes: one that now fits starts it, one that was started does not again.
    d.patch("/alerts/b", R"({"severity":"critical"})");
    d.patch("/alerts/a", R"({"severity":"critical"})");
    BOOST_TEST(watch(d) == 1);
    d.patch("/alerts/b", R"({"title":"u"})");
    BOOST_TEST(watch(d) == 0);
    BOOST_TEST(d.get("/playbook-executions/count").at("/count").as_int64() == 2);
    d.post("/playbooks/p/disable", "");
    add_alert(d, "c");
    BOOST_TEST(d.count("SELECT count(*) FROM alerts_to_match") == 0);
}

BOOST_AUTO_TEST_CASE(an_alert_that_changes_while_it_is_looked_at_is_looked_at_again) {
    domain d;
    add_playbook(d, "p", note_step, on("severity", "equals", "\"critical\""));
    add_alert(d, "a");
    const auto matches = d.read(carrel::siem::match_alerts).value();
    BOOST_REQUIRE(matches.size() == 1U);
    d.patch("/alerts/a", R"({"severity":"critical"})");
    d.write([&](carrel::write_session& s) { return carrel::siem::start_matches(s, matches, d.now); }).value();
    BOOST_TEST(d.count("SELECT count(*) FROM alerts_to_match") == 1);
    BOOST_TEST(watch(d) == 1);
}

BOOST_AUTO_TEST_CASE(an_alert_that_is_deleted_meanwhile_starts_nothing) {
    domain d;
    add_playbook(d, "p", note_step, on("severity", "equals", "\"high\""));
    add_alert(d, "a");
    d.remove("/alerts/a");
    BOOST_TEST(watch(d) == 0);
    BOOST_TEST(d.count("SELECT count(*) FROM alerts_to_match") == 0);
}

BOOST_AUTO_TEST_CASE(playbooks_that_start_each_other_come_to_an_end) {
    domain d;
    const std::string tags[] = {"t0", "t1", "t2", "t3", "t4", "t5"};
    for (int i = 0; i < 5; ++i)
        add_playbook(d, "p" + std::to_string(i), alert_step("s", R"("add_tags":[")" + tags[i + 1] + "\"]"),
                     on("tags", "contains", "\"" + tags[i] + "\""));
    add_playbook(d, "self", alert_step("s", R"("add_tags":["x"])"), on("severity", "equals", "\"high\""));
    add_alert(d, "a", R"(,"tags":["t0"])");
    int rounds = 0;
    while (watch(d) > 0 && rounds < 50) {
        run_own(d);
        ++rounds;
    }
    BOOST_TEST(rounds == 5);  // depths 0 to 3, and the one that is too deep
    const auto list = d.get("/playbook-executions", {{"playbook_id", "p4"}});
    BOOST_TEST(list.text("/items/0/status") == "skipped");
    BOOST_TEST(list.at("/items/0/depth").as_int64() == 4);
    BOOST_TEST(list.text("/items/0/error").find("4 executions led to it") != std::string::npos);
    BOOST_TEST(d.count("SELECT depth FROM playbook_watch") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
