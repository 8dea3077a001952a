// What is done with alerts beside their fields: links, comments, dismissing, reopening, counts by month.
#include "support/alert_work.hpp"
#include "base/time.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::call;
using carrel::siem::outcome;
using carrel::siem::problem_code;
using namespace carrel::testing;

BOOST_FIXTURE_TEST_SUITE(alert_work, alert_fixture)

// -- links ---

BOOST_AUTO_TEST_CASE(a_link_is_seen_from_both_sides) {
    for (const char* id : {"a", "b", "c"}) add(id);
    const auto made = relate("a", "b", R"(,"link_type":"caused_by","description":"same host")");
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.reply.location == "/api/v1/alerts/a/related/b");
    BOOST_TEST(made.text("/link_type") == "caused_by");
    BOOST_TEST(made.text("/linked_alert_title") == "of b");
    d.now += 1;
    relate("c", "a");
    BOOST_TEST(related("a") == "b:outgoing c:incoming");
    BOOST_TEST(related("b") == "a:incoming");
    BOOST_TEST(related("c") == "a:outgoing");
    BOOST_TEST(d.get("/alerts/b/related/a").text("/description") == "same host");
    BOOST_TEST(d.get("/alerts/b/related/a").text("/id") == made.text("/id"));
    BOOST_TEST(d.get("/alerts/c/related/a").text("/link_type") == "related");
    BOOST_TEST(d.get("/alerts/a/related", {{"link_type", "caused_by"}}).at("/items").as_array().size() == 1u);
    BOOST_TEST(d.get("/alerts/a/related", {{"link_type", "evil"}}).faults() == "link_type");
}

BOOST_AUTO_TEST_CASE(who_links_again_is_told_of_the_link_that_is_there) {
    for (const char* id : {"a", "b"}) add(id);
    const auto made = relate("a", "b", R"(,"link_type":"duplicate")");
    const auto again = relate("a", "b", R"(,"link_type":"related")");
    BOOST_TEST((again.reply.kind == outcome::ok));
    BOOST_TEST(again.reply.body == made.reply.body);
    const auto back = relate("b", "a");
    BOOST_TEST((back.reply.kind == outcome::ok));
    BOOST_TEST(back.text("/direction") == "incoming");
    BOOST_TEST(d.count("SELECT count(*) FROM alert_links") == 2);
}

BOOST_AUTO_TEST_CASE(a_link_needs_two_alerts_that_are_there) {
    for (const char* id : {"a", "b"}) add(id);
    BOOST_TEST(relate("a", "a").faults() == "linked_alert_id");
    BOOST_TEST(relate("a", "none").faults() == "linked_alert_id");
    BOOST_TEST(is(relate("none", "a"), problem_code::not_found));
    BOOST_TEST(relate("a", "b", R"(,"link_type":"evil")").faults() == "link_type");
    BOOST_TEST(relate("a", "b", R"(,"direction":"incoming")").faults() == "direction");
    BOOST_TEST(relate("a", "b", R"(,"description":")" + std::string(2001, 'x') + "\"").faults() == "description");
    BOOST_TEST(d.post("/alerts/a/related", "{}").faults() == "linked_alert_id");
    BOOST_TEST(is(d.get("/alerts/a/related/b"), problem_code::not_found));
    BOOST_TEST(d.count("SELECT count(*) FROM alert_links") == 0);
}

BOOST_AUTO_TEST_CASE(a_link_goes_from_both_sides_and_with_its_alerts) {
    for (const char* id : {"a", "b", "c"}) add(id);
    relate("a", "b");
    relate("c", "a");
    BOOST_TEST((d.remove("/alerts/b/related/a").reply.kind == outcome::no_content));
    BOOST_TEST(related("a") == "c:incoming");
    BOOST_TEST(related("b") == "");
    BOOST_TEST(is(d.remove("/alerts/a/related/b"), problem_code::not_found));
    d.remove("/alerts/c");
    BOOST_TEST(related("a") == "");
    BOOST_TEST(d.count("SELECT count(*) FROM alert_links") == 0);
}

BOOST_AUTO_TEST_CASE(an_alert_has_a_thousand_links_at_most) {
    for (const char* id : {"a", "b", "other"}) add(id);
    const auto filled = d.write([](carrel::write_session& session) -> carrel::result<void> {
        auto done = session.execute(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO alerts(id, "
            "version, "
            "created_at, updated_at, title, severity, status, disposition, event_ids, tags, duplicate_count, "
            "last_seen) "
            "SELECT 'n' || i, 1, i, i, 't', 0, 0, 0, '[]', '[]', 0, i FROM n");
        if (!done) return done;
        return session.execute(
            "INSERT INTO alert_links(id, alert_id, linked_alert_id, created_at, link_type, direction) "
            "SELECT id, 'a', id, 1, 0, 0 FROM alerts WHERE id LIKE 'n%' UNION ALL SELECT id, id, 'a', 1, 0, 1 FROM "
            "alerts WHERE "
            "id LIKE 'n%'");
    });
    BOOST_TEST_REQUIRE(filled.has_value());
    BOOST_TEST(is(relate("a", "b"), problem_code::conflict));
    BOOST_TEST(is(relate("b", "a"), problem_code::conflict));
    BOOST_TEST((relate("a", "n7").reply.kind == outcome::ok));
    d.remove("/alerts/n7/related/a");
    BOOST_TEST((relate("b", "a").reply.kind == outcome::created));
}

// -- comments ---

BOOST_AUTO_TEST_CASE(comments_are_kept_in_order_and_go_with_the_alert) {
    add("a");
    const auto made =
        d.post("/alerts/a/comments", R"({"content":"looks odd"})", [](call& request) { request.principal = "ann"; });
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.text("/author") == "ann");
    d.now += 1;
    d.post("/alerts/a/comments", R"({"content":"it is"})");
    const auto list = d.get("/alerts/a/comments");
    BOOST_TEST(list.text("/items/0/content") == "looks odd");
    BOOST_TEST(list.text("/items/1/content") == "it is");
    for (const char* body : {"{}", R"({"content":""})", R"({"content":" \n"})", R"({"content":null})"})
        BOOST_TEST(d.post("/alerts/a/comments", body).faults() == "content", body);
    BOOST_TEST(is(d.post("/alerts/none/comments", R"({"content":"x"})"), problem_code::not_found));
    d.remove("/alerts/a");
    BOOST_TEST(d.count("SELECT count(*) FROM alert_comments") == 0);
}

// -- decisions ---

BOOST_AUTO_TEST_CASE(dismissing_is_status_and_disposition_at_once) {
    add("a");
    const auto got = d.post("/alerts/a/dismiss", R"({"reason":"a drill"})");
    BOOST_TEST(got.text("/status") == "dismissed");
    BOOST_TEST(got.text("/disposition") == "benign");
    BOOST_TEST(got.reply.version == 2);
    const auto history = d.get("/alerts/a/history");
    BOOST_TEST(history.at("/items").as_array().size() == 2u);
    BOOST_TEST(history.text("/items/0/note") == "a drill");
    BOOST_TEST(is(d.post("/alerts/a/dismiss", "{}"), problem_code::illegal_transition));
    add("b");
    become("b", "closed");
    BOOST_TEST(is(d.post("/alerts/b/dismiss", "{}"), problem_code::illegal_transition));
    BOOST_TEST(d.get("/alerts/b").text("/disposition") == "undetermined");
    BOOST_TEST(d.post("/alerts/b/dismiss", R"({"why":"x"})").faults() == "why");
    BOOST_TEST(is(d.post("/alerts/none/dismiss", "{}"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(only_a_reason_takes_up_again_what_has_ended) {
    int count = 0;
    for (const char* end : {"closed", "dismissed", "false_positive"}) {
        const std::string id = "x" + std::to_string(count++);
        add(id, R"(,"disposition":"benign")");
        become(id, end);
        for (const char* body : {"{}", R"({"reason":""})", R"({"reason":"  "})", R"({"reason":null})"})
            BOOST_TEST(d.post("/alerts/" + id + "/reopen", body).faults() == "reason", body);
        for (const char* to : {"pending", "acknowledged"})
            BOOST_TEST(is(become(id, to), problem_code::illegal_transition));
        const auto got = d.post("/alerts/" + id + "/reopen", R"({"reason":"it came back"})");
        BOOST_TEST(got.text("/status") == "pending");
        BOOST_TEST(got.text("/disposition") == "undetermined");
        BOOST_TEST(is(d.post("/alerts/" + id + "/reopen", R"({"reason":"again"})"), problem_code::illegal_transition));
        BOOST_TEST(become(id, "acknowledged").text("/status") == "acknowledged");
    }
    add("y");
    for (const char* step : {"acknowledged", "investigating", "escalated"}) {
        BOOST_TEST(is(d.post("/alerts/y/reopen", R"({"reason":"r"})"), problem_code::illegal_transition));
        become("y", step);
    }
    BOOST_TEST(is(d.post("/alerts/y/reopen", R"({"reason":"r"})"), problem_code::illegal_transition));
}

BOOST_AUTO_TEST_CASE(what_is_reopened_holds_its_events_again) {
    const std::string event = d.ingest_lines("{\"a\":1}\n")->summary().first_id;
    add("a", R"(,"event_ids":[")" + event + "\"]");
    become("a", "closed");
    BOOST_TEST(d.count("SELECT count(*) FROM event_holds") == 0);
    d.post("/alerts/a/reopen", R"({"reason":"r"})");
    BOOST_TEST(d.count("SELECT count(*) FROM event_holds") == 1);
}

BOOST_AUTO_TEST_CASE(two_open_alerts_never_have_one_fingerprint) {
    add("a", R"(,"fingerprint":"f")");
    become("a", "closed");
    add("b", R"(,"fingerprint":"f")");
    const auto refused = d.post("/alerts/a/reopen", R"({"reason":"r"})");
    BOOST_TEST(is(refused, problem_code::conflict));
    BOOST_TEST(refused.faults() == "fingerprint");
    BOOST_TEST(d.get("/alerts/a").text("/status") == "closed");
    become("b", "closed");
    BOOST_TEST(!d.post("/alerts/a/reopen", R"({"reason":"r"})").refused.has_value());
}

// -- months ---

BOOST_AUTO_TEST_CASE(alerts_are_counted_by_month_and_empty_months_are_there) {
    const auto at = [](const char* text) { return *carrel::siem::parse_time(text); };
    d.now = at("2023-01-31T23:59:59.999999Z");
    add("january");
    d.now = at("2023-02-01T00:00:00Z");
    for (int i = 0; i < 1100; ++i) add("f" + std::to_string(i));  // more than wait to be counted
    d.now = at("2023-12-15T12:00:00Z");
    add("december");
    const auto months = [&](const std::string& count) {
        return boost::json::serialize(d.get("/alerts/stats/monthly", {{"months", count}}).at("/items"));
    };
    BOOST_TEST(months("2") == R"([{"month":"2023-11","count":0},{"month":"2023-12","count":1}])");
    const auto year = d.get("/alerts/stats/monthly");
    BOOST_TEST(year.at("/items").as_array().size() == 12u);
    BOOST_TEST(year.text("/items/0/month") == "2023-01");
    BOOST_TEST(year.at("/items/0/count").as_int64() == 1);
    BOOST_TEST(year.at("/items/1/count").as_int64() == 1100);
    d.remove("/alerts/january");
    d.remove("/alerts/f1099");
    d.remove("/alerts/december");
    const auto later = d.get("/alerts/stats/monthly");
    BOOST_TEST(later.at("/items/0/count").as_int64() == 0);
    BOOST_TEST(later.at("/items/1/count").as_int64() == 1099);
    BOOST_TEST(later.at("/items/11/count").as_int64() == 0);
    d.now = at("2024-01-01T00:00:00Z");
    BOOST_TEST(months("1") == R"([{"month":"2024-01","count":0}])");
    BOOST_TEST(d.get("/alerts/stats/monthly", {{"months", "0"}}).faults() == "months");
    BOOST_TEST(d.get("/alerts/stats/monthly", {{"months", "121"}}).faults() == "months");
    BOOST_TEST(d.get("/alerts/stats/monthly", {{"months", "x"}}).faults() == "months");
}

BOOST_AUTO_TEST_CASE(alerts_of_an_earlier_version_are_counted_by_month) {
    domain old(21);
    const auto filled = old.write([](carrel::write_session& session) -> carrel::result<void> {
        auto done = session.execute(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) INSERT INTO alerts(id, "
            "version, "
            "created_at, updated_at, title, severity, status, disposition, event_ids, tags, duplicate_count, "
            "last_seen) "
            "SELECT 'n' || i, 1, 1700000000000000, i, 't', 0, 0, 0, '[]', '[]', 0, i FROM n");
        if (!done) return done;
        return session.execute("UPDATE text_indexed SET row = 3 WHERE name = 'alerts'");
    });
    BOOST_TEST_REQUIRE(filled.has_value());
    old.upgrade();
    BOOST_TEST(old.get("/alerts/stats/monthly", {{"months", "1"}}).at("/items/0/count").as_int64() == 5);
    BOOST_TEST(old.get("/alerts/n1").at("/investigation_id").is_null());
}

BOOST_AUTO_TEST_SUITE_END()
