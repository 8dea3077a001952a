// The link of an alert with its investigation, from both sides, and the timeline that comes of it.
#include "base/time.hpp"
#include "siem/cases/case_links.hpp"
#include "support/plans.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::call;
using carrel::siem::outcome;
using carrel::siem::problem_code;
using namespace carrel::testing;

namespace {

struct fixture {
    domain d;

    fixture() {
        d.post("/investigations", R"({"id":"i","title":"one"})");
        d.post("/investigations", R"({"id":"j","title":"other"})");
        add_alert("a");
    }
    answer add_alert(const std::string& id, const std::string& more = "") {
        return d.post("/alerts", R"({"id":")" + id + R"(","title":"of )" + id + R"(","severity":"high")" + more + "}");
    }
    std::string linked(const std::string& alert) {
        const auto got = d.get("/alerts/" + alert).at("/investigation_id");
        return got.is_null() ? "" : std::string(got.as_string());
    }
    answer link(const std::string& alert, const std::string& investigation) {
        return d.patch("/alerts/" + alert + "/investigation", R"({"investigation_id":")" + investigation + "\"}");
    }
    void close(const std::string& id) {
        for (const char* each : {"in_progress", "resolved"})
            d.post("/investigations/" + id + "/status", R"({"status":")" + std::string(each) + "\"}");
        d.post("/investigations/" + id + "/close",
               R"({"verdict":"inconclusive","resolution_category":"x","summary":"nothing found"})");
    }
    // The ids of events that are stored with these times, in minutes past ten.
    std::vector<std::string> add_events(const std::vector<int>& minutes) {
        std::vector<std::string> made;
        for (const int each : minutes)
            made.push_back(
                d.ingest_lines(R"({"timestamp":"2023-11-14T10:)" + std::to_string(10 + each) + R"(:00Z"})" + "\n")
                    ->summary()
                    .first_id);
        return made;
    }
    // Types and what tells them apart, in order, over pages of `limit`.
    std::string timeline(const std::string& limit, const domain::query& more = {}) {
        std::string all;
        std::string cursor;
        do {
            domain::query by = more;
            by.emplace_back("limit", limit);
            if (!cursor.empty()) by.emplace_back("cursor", cursor);
            const auto page = d.get("/investigations/i/timeline", by);
            BOOST_TEST_REQUIRE(!page.refused.has_value());
            const auto items = page.at("/items");
            for (const auto& each : items.as_array()) {
                const std::string type(each.at("type").as_string());
                const char* key = type == "transition" ? "to" : type == "note" ? "content" : "id";
                all.append(all.empty() ? "" : " ").append(type + ":").append(each.at(key).as_string().c_str());
            }
            const auto next = page.at("/next");
            cursor = next.is_null() ? "" : std::string(next.as_string());
        } while (!cursor.empty());
        return all;
    }
};

std::string list(const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& each : ids) text.append(text.empty() ? "\"" : ",\"").append(each).append("\"");
    return "[" + text + "]";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(investigation_links, fixture)

BOOST_AUTO_TEST_CASE(an_investigation_is_opened_of_an_alert) {
    const auto made = d.post("/alerts/a/investigation", "{}", [](call& request) { request.principal = "ann"; });
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.text("/title") == "Alert: of a");
    BOOST_TEST(made.text("/priority") == "high");
    BOOST_TEST(made.text("/trigger_alert_id") == "a");
    BOOST_TEST(made.text("/created_by") == "ann");
    const std::string id = made.text("/id");
    BOOST_TEST(made.reply.location == "/api/v1/investigations/" + id);
    BOOST_TEST(linked("a") == id);
    BOOST_TEST(d.get("/alerts/a/investigation").reply.body == made.reply.body);
    BOOST_TEST(ids(d.get("/investigations/" + id + "/alerts")) == "a");
    BOOST_TEST(ids(d.get("/investigations", {{"alert_id", "a"}})) == id);
    BOOST_TEST(ids(d.get("/alerts", {{"investigation_id", id}})) == "a");
    const auto again = d.post("/alerts/a/investigation", "{}");
    BOOST_TEST(is(again, problem_code::conflict));
    BOOST_TEST(again.refused->detail.find(id) != std::string::npos);
    BOOST_TEST(d.get("/investigations/count").at("/count").as_int64() == 3);
}

BOOST_AUTO_TEST_CASE(what_the_request_says_goes_before_what_the_alert_says) {
    const auto made = d.post("/alerts/a/investigation", R"({"title":"mine","priority":"low","description":"d"})");
    BOOST_TEST(made.text("/title") == "mine");
    BOOST_TEST(made.text("/priority") == "low");
    BOOST_TEST(made.text("/description") == "d");
    std::string title;
    for (int i = 0; i < 200; ++i) title += "ä";
    d.post("/alerts", R"({"id":"b","severity":"informational","title":")" + title + "\"}");
    const auto long_one = d.post("/alerts/b/investigation", "{}");
    BOOST_TEST(long_one.faults() == "");
    BOOST_TEST(long_one.text("/priority") == "low");
    add_alert("c");
    for (const char* body :
         {R"({"title":""})", R"({"priority":"x"})", R"({"status":"closed"})", R"({"id":"mine"})", "[]"})
        BOOST_TEST(is(d.post("/alerts/c/investigation", body), problem_code::invalid), body);
    BOOST_TEST(linked("c") == "");
    BOOST_TEST(is(d.post("/alerts/none/investigation", "{}"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(an_alert_has_one_investigation_at_most) {
    BOOST_TEST(link("a", "i").text("/investigation_id") == "i");
    BOOST_TEST(link("a", "i").reply.version == 2);  // nothing changes
    BOOST_TEST(is(link("a", "j"), problem_code::conflict));
    BOOST_TEST(is(d.put("/investigations/j/alerts/a", ""), problem_code::conflict));
    BOOST_TEST(linked("a") == "i");
    BOOST_TEST(link("a", "none").faults() == "investigation_id");
    BOOST_TEST(d.patch("/alerts/a/investigation", "{}").faults() == "investigation_id");
    BOOST_TEST(d.patch("/alerts/a/investigation", R"({"investigation_id":null})").faults() == "investigation_id");
    BOOST_TEST(is(link("none", "i"), problem_code::not_found));
    BOOST_TEST(d.patch("/alerts/a", R"({"investigation_id":"j"})").faults() == "investigation_id");
    BOOST_TEST(d.post("/alerts", R"({"title":"t","severity":"low","investigation_id":"i"})").faults() ==
               "investigation_id");
    const auto history = d.get("/alerts/a/history");
    BOOST_TEST(history.at("/items").as_array().size() == 1u);
    BOOST_TEST(history.text("/items/0/field") == "investigation_id");
    BOOST_TEST(history.text("/items/0/to") == "i");
}

BOOST_AUTO_TEST_CASE(a_link_is_taken_away_from_either_side) {
    link("a", "i");
    BOOST_TEST((d.remove("/alerts/a/investigation").reply.kind == outcome::no_content));
    BOOST_TEST(linked("a") == "");
    BOOST_TEST(is(d.remove("/alerts/a/investigation"), problem_code::not_found));
    BOOST_TEST(is(d.get("/alerts/a/investigation"), problem_code::not_found));
    BOOST_TEST((d.put("/investigations/j/alerts/a", "").reply.kind == outcome::no_content));
    BOOST_TEST((d.put("/investigations/j/alerts/a", "").reply.kind == outcome::no_content));
    BOOST_TEST(linked("a") == "j");
    BOOST_TEST(is(d.remove("/investigations/i/alerts/a"), problem_code::not_found));
    BOOST_TEST((d.remove("/investigations/j/alerts/a").reply.kind == outcome::no_content));
    BOOST_TEST(linked("a") == "");
    BOOST_TEST(is(d.put("/investigations/none/alerts/a", ""), problem_code::not_found));
    BOOST_TEST(is(d.put("/investigations/i/alerts/none", ""), problem_code::not_found));
    BOOST_TEST(d.get("/alerts/a/history").at("/items").as_array().size() == 4u);
}

BOOST_AUTO_TEST_CASE(links_of_a_closed_one_stay_and_its_alerts_can_be_deleted) {
    link("a", "i");
    close("i");
    BOOST_TEST(is(d.remove("/alerts/a/investigation"), problem_code::conflict));
    BOOST_TEST(is(d.remove("/investigations/i/alerts/a"), problem_code::conflict));
    add_alert("b");
    BOOST_TEST(is(link("b", "i"), problem_code::conflict));
    BOOST_TEST(!d.post("/alerts/a/status", R"({"status":"closed"})").refused.has_value());
    BOOST_TEST(!d.remove("/alerts/a").refused.has_value());
    BOOST_TEST(d.get("/investigations/i/alerts").at("/items").as_array().empty());
}

BOOST_AUTO_TEST_CASE(an_investigation_has_ten_thousand_alerts_at_most) {
    const auto filled = d.write([](carrel::write_session& session) {
        return session.execute(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO alerts(id, "
            "version, "
            "created_at, updated_at, title, severity, status, disposition, event_ids, tags, duplicate_count, "
            "last_seen, "
            "investigation_id) SELECT 'n' || i, 1, i, i, 't', 0, 0, 0, '[]', '[]', 0, i, 'i' FROM n",
            carrel::siem::alerts_of_investigation_max);
    });
    BOOST_TEST_REQUIRE(filled.has_value());
    BOOST_TEST(is(link("a", "i"), problem_code::conflict));
    BOOST_TEST(!link("n1", "i").refused.has_value());
    d.remove("/alerts/n1");
    BOOST_TEST(!link("a", "i").refused.has_value());
}

BOOST_AUTO_TEST_CASE(a_timeline_has_all_kinds_by_time_whatever_the_pages) {
    const auto events = add_events({1, 5});
    d.now = *carrel::siem::parse_time("2023-11-14T10:12:00Z");
    add_alert("b", R"(,"event_ids":)" + list(events));
    link("b", "i");
    d.now += 60'000'000;  // 10:13
    d.post("/investigations/i/status", R"({"status":"in_progress"})");
    d.post("/investigations/i/notes", R"({"content":"same-time"})");
    d.now += 60'000'000;  // 10:14
    d.post("/investigations/i/notes", R"({"content":"later"})");
    d.post("/investigations/j/notes", R"({"content":"elsewhere"})");
    const std::string forward =
        "event:" + events[0] + " alert:b transition:in_progress note:same-time note:later event:" + events[1];
    const std::string backward =
        "event:" + events[1] + " note:later note:same-time transition:in_progress alert:b event:" + events[0];
    for (const char* limit : {"1", "2", "3", "5", "6", "100"}) {
        BOOST_TEST(timeline(limit, {{"sort", "at"}}) == forward, limit);
        BOOST_TEST(timeline(limit) == backward, limit);
        BOOST_TEST(timeline(limit, {{"type", "note"}, {"type", "alert"}, {"sort", "at"}}) ==
                   "alert:b note:same-time note:later");
    }
    const auto page = d.get("/investigations/i/timeline", {{"sort", "at"}});
    BOOST_TEST(page.text("/items/0/alert_id") == "b");
    BOOST_TEST(page.text("/items/0/at") == "2023-11-14T10:11:00.000000Z");
    BOOST_TEST(page.text("/items/1/severity") == "high");
    BOOST_TEST(page.text("/items/1/status") == "pending");
    BOOST_TEST(page.text("/items/2/from") == "open");
}

BOOST_AUTO_TEST_CASE(many_entries_of_one_time_come_once_each) {
    for (int n = 0; n < 25; ++n) {
        const std::string id = "x" + std::to_string(n);
        add_alert(id);
        link(id, "i");
        d.post("/investigations/i/notes", R"({"content":"n)" + id + "\"}");
    }
    const std::string whole = timeline("1000", {{"sort", "at"}});
    BOOST_TEST(std::count(whole.begin(), whole.end(), ' ') == 49);
    for (const char* limit : {"1", "7", "24", "25", "26", "49", "50"})
        BOOST_TEST(timeline(limit, {{"sort", "at"}}) == whole, limit);
    const std::string back = timeline("1000");
    for (const char* limit : {"1", "7", "25", "50"}) BOOST_TEST(timeline(limit) == back, limit);
}

BOOST_AUTO_TEST_CASE(events_come_and_go_with_their_alerts) {
    const auto events = add_events({1, 2, 3});
    d.post("/alerts",
           R"({"id":"m","title":"t","severity":"low","fingerprint":"f","event_ids":)" + list({events[0]}) + "}");
    link("m", "i");
    BOOST_TEST(timeline("9", {{"type", "event"}, {"sort", "at"}}) == "event:" + events[0]);
    // A duplicate brings its own.
    d.post("/alerts",
           R"({"title":"t","severity":"low","fingerprint":"f","event_ids":)" + list({events[0], events[2]}) + "}");
    BOOST_TEST(timeline("9", {{"type", "event"}, {"sort", "at"}}) == "event:" + events[0] + " event:" + events[2]);
    d.remove("/alerts/m/investigation");
    BOOST_TEST(timeline("9") == "");
    link("m", "i");
    BOOST_TEST(timeline("9", {{"type", "event"}, {"sort", "at"}}) == "event:" + events[0] + " event:" + events[2]);
    d.remove("/alerts/m");
    BOOST_TEST(timeline("9") == "");
    BOOST_TEST(d.count("SELECT count(*) FROM investigation_events") == 0);
}

BOOST_AUTO_TEST_CASE(a_timeline_refuses_what_it_does_not_know) {
    const auto faults = [&](const domain::query& by) { return d.get("/investigations/i/timeline", by).faults(); };
    BOOST_TEST(faults({{"limit", "0"}}) == "limit");
    BOOST_TEST(faults({{"limit", "1001"}}) == "limit");
    BOOST_TEST(faults({{"sort", "created_at"}}) == "sort");
    BOOST_TEST(faults({{"type", "evil"}}) == "type");
    BOOST_TEST(faults({{"cursor", "x"}}) == "cursor");
    BOOST_TEST(faults({{"page", "2"}}) == "page");
    BOOST_TEST(faults({{"limit", "1"}, {"limit", "1"}}) == "limit");
    BOOST_TEST(is(d.get("/investigations/none/timeline"), problem_code::not_found));
    d.post("/investigations/i/notes", R"({"content":"a"})");
    d.post("/investigations/i/notes", R"({"content":"b"})");
    const std::string cursor = d.get("/investigations/i/timeline", {{"limit", "1"}}).text("/next");
    BOOST_TEST(faults({{"cursor", cursor}}) == "");
    BOOST_TEST(faults({{"cursor", cursor}, {"sort", "at"}}) == "cursor");
    BOOST_TEST(faults({{"cursor", cursor}, {"type", "note"}}) == "cursor");
    BOOST_TEST(d.get("/investigations/j/timeline", {{"cursor", cursor}}).faults() == "cursor");
}

BOOST_AUTO_TEST_CASE(what_an_investigation_s_alerts_are_is_counted) {
    d.post(
        "/rules",
        R"({"id":"r","name":"n","severity":"low","query":"x","mitre_techniques":["T1059"],"mitre_tactics":["execution"]})");
    d.patch("/investigations/i", R"({"mitre_techniques":["T1003"]})");
    d.now += 7'200'000'000;
    d.post("/alerts", R"({"id":"b","title":"t","severity":"low","rule_id":"r"})");
    link("a", "i");
    link("b", "i");
    const auto got = d.get("/investigations/i/stats");
    BOOST_TEST(got.at("/alerts").as_int64() == 2);
    BOOST_TEST(got.at("/by_severity/high").as_int64() == 1);
    BOOST_TEST(got.at("/by_severity/low").as_int64() == 1);
    BOOST_TEST(got.at("/range_hours").to_number<double>() == 2.0);
    BOOST_TEST(got.text("/first_alert_at") == "2023-11-14T22:13:20.000000Z");
    BOOST_TEST(boost::json::serialize(got.at("/mitre_techniques")) == R"(["T1003","T1059"])");
    BOOST_TEST(boost::json::serialize(got.at("/mitre_tactics")) == R"(["execution"])");
    BOOST_TEST(d.get("/investigations/j/stats").at("/first_alert_at").is_null());
    BOOST_TEST(is(d.get("/investigations/none/stats"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(what_a_timeline_reads_comes_in_order_by_indexes) {
    const auto plan = [&](const std::string& sql) { return plan_of(d, sql, std::vector<carrel::value>(4)); };
    for (const char* sql :
         {"SELECT created_at, id FROM alerts WHERE investigation_id = ? AND (created_at, id) < (?, ?) "
          "ORDER BY created_at DESC, id DESC LIMIT ?",
          "SELECT at, seq FROM history INDEXED BY history_of_investigations WHERE resource = 'investigations' AND "
          "field = 'status' AND row = ? AND (at, seq) > (?, ?) ORDER BY at, seq LIMIT ?",
          "SELECT at, seq FROM investigation_events WHERE investigation = ? AND (at, seq) < (?, ?) ORDER BY at DESC, "
          "seq DESC LIMIT ?",
          "SELECT created_at, id FROM investigation_notes WHERE investigation_id = ? AND (created_at, id) > (?, ?) "
          "ORDER BY created_at, id LIMIT ?"}) {
        const std::string got = plan(sql);
        BOOST_TEST(got.find("SCAN") == got.npos, got);
        BOOST_TEST(got.find("TEMP B-TREE") == got.npos, got);
    }
    const std::string average =
        plan_of(d, "SELECT count(*), avg(closed_at - created_at) FROM investigations WHERE closed_at IS NOT NULL");
    BOOST_TEST(average.find("COVERING INDEX investigations_by_closing") != average.npos, average);
}

BOOST_AUTO_TEST_SUITE_END()
