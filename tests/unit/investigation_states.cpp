// The states of investigations: their edges, closing, deletion, statistics.
#include "support/investigations.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

using carrel::siem::call;
using carrel::siem::outcome;
using carrel::siem::problem_code;
using namespace carrel::testing;

BOOST_FIXTURE_TEST_SUITE(investigation_states, investigation_fixture)

BOOST_AUTO_TEST_CASE(the_status_goes_along_its_edges_only) {
    const std::vector<std::string> all = {"open",     "in_progress",    "awaiting_review",
                                          "resolved", "false_positive", "closed"};
    const std::map<std::string, std::set<std::string>> allowed = {
        {"open", {"in_progress"}},
        {"in_progress", {"awaiting_review", "resolved", "false_positive"}},
        {"awaiting_review", {"resolved", "in_progress"}},
        {"resolved", {}},  // to closed by /close
        {"false_positive", {}},
    };
    const std::map<std::string, std::vector<std::string>> ways = {
        {"open", {}},
        {"in_progress", {"in_progress"}},
        {"awaiting_review", {"in_progress", "awaiting_review"}},
        {"resolved", {"in_progress", "resolved"}},
        {"false_positive", {"in_progress", "false_positive"}},
    };
    int count = 0;
    for (const auto& [from, tos] : allowed)
        for (const std::string& to : all) {
            const std::string id = "i" + std::to_string(count++);
            make(id);
            for (const std::string& step : ways.at(from)) become(id, step);
            BOOST_TEST(d.get("/investigations/" + id).text("/status") == from);
            const auto got = become(id, to);
            BOOST_TEST(got.refused.has_value() != tos.contains(to), from << " to " << to);
            BOOST_TEST(d.get("/investigations/" + id).text("/status") == (tos.contains(to) ? to : from));
        }
}

BOOST_AUTO_TEST_CASE(closing_by_the_status_says_how_it_is_done) {
    make("i");
    BOOST_TEST(is(become("i", "closed"), problem_code::illegal_transition));
    become("i", "in_progress");
    become("i", "resolved");
    const auto refused = become("i", "closed");
    BOOST_TEST(is(refused, problem_code::invalid));
    BOOST_TEST(refused.faults() == "status");
    BOOST_TEST(refused.refused->detail.find("/close") != std::string::npos);
    BOOST_TEST(become("i", "investigating").faults() == "status");
    BOOST_TEST(is(become("none", "in_progress"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(only_what_is_resolved_or_a_false_positive_is_closed) {
    make("i");
    BOOST_TEST(is(close("i"), problem_code::illegal_transition));
    become("i", "in_progress");
    BOOST_TEST(is(close("i"), problem_code::illegal_transition));
    become("i", "awaiting_review");
    BOOST_TEST(is(close("i"), problem_code::illegal_transition));
    BOOST_TEST(d.get("/investigations/i").at("/verdict").is_null());
    become("i", "resolved");
    d.now += 3'600'000'000;
    const auto closed = close("i");
    BOOST_TEST(closed.text("/status") == "closed");
    BOOST_TEST(closed.text("/verdict") == "true_positive");
    BOOST_TEST(closed.text("/resolution_category") == "malware");
    BOOST_TEST(closed.text("/affected_assets/0") == "ws1");
    BOOST_TEST(closed.at("/ml_feedback").as_int64() == 4);
    BOOST_TEST(closed.text("/closed_at") == "2023-11-14T23:13:20.000000Z");
    BOOST_TEST(is(close("i"), problem_code::illegal_transition));
    make("f");
    become("f", "in_progress");
    become("f", "false_positive");
    BOOST_TEST(
        close("f", R"({"verdict":"false_positive","resolution_category":"noise","summary":"  It was a test.  "})")
            .text("/summary") == "It was a test.");
    BOOST_TEST(is(close("none"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_closure_says_what_it_lacks) {
    make("i");
    become("i", "in_progress");
    become("i", "resolved");
    const auto with = [&](const std::string& summary, const std::string& more = "") {
        return close("i",
                     R"({"verdict":"inconclusive","resolution_category":"x","summary":")" + summary + "\"" + more + "}")
            .faults();
    };
    BOOST_TEST(close("i", "{}").faults() == "verdict");
    BOOST_TEST(close("i", "[]").refused.has_value());
    BOOST_TEST(with("short") == "summary");
    BOOST_TEST(with("    short      ") == "summary");
    BOOST_TEST(with("ääääääääö") == "summary");  // nine characters, eighteen bytes
    BOOST_TEST(with(std::string(5001, 'x')) == "summary");
    BOOST_TEST(with("long enough", R"(,"ml_feedback":0)") == "ml_feedback");
    BOOST_TEST(with("long enough", R"(,"ml_feedback":6)") == "ml_feedback");
    BOOST_TEST(with("long enough", R"(,"ml_feedback":2.5)") == "ml_feedback");
    BOOST_TEST(with("long enough", R"(,"affected_assets":"ws1")") == "affected_assets");
    BOOST_TEST(with("long enough", R"(,"status":"closed")") == "status");
    BOOST_TEST(close("i", R"({"verdict":"guilty","resolution_category":"x","summary":"long enough"})").faults() ==
               "verdict");
    BOOST_TEST(close("i", R"({"verdict":null,"resolution_category":"x","summary":"long enough"})").faults() ==
               "verdict");
    BOOST_TEST(close("i", R"({"verdict":"inconclusive","resolution_category":" ","summary":"long enough"})").faults() ==
               "resolution_category");
    BOOST_TEST(d.get("/investigations/i").text("/status") == "resolved");
    BOOST_TEST(with("ten chars!") == "");
}

BOOST_AUTO_TEST_CASE(a_closed_one_is_changed_no_more) {
    make_closed("i");
    const std::string before = d.get("/investigations/i").reply.body;
    BOOST_TEST(is(d.patch("/investigations/i", R"({"title":"x"})"), problem_code::conflict));
    BOOST_TEST(is(d.put("/investigations/i", R"({"title":"x"})"), problem_code::conflict));
    BOOST_TEST(is(d.post("/investigations/i/notes", R"({"content":"late"})"), problem_code::conflict));
    BOOST_TEST(is(become("i", "open"), problem_code::illegal_transition));
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    BOOST_TEST(is(d.put("/investigations/i/alerts/a", ""), problem_code::conflict));
    BOOST_TEST(d.get("/investigations/i").reply.body == before);
}

BOOST_AUTO_TEST_CASE(the_trail_tells_who_changed_what_and_when) {
    make("i");
    d.post("/investigations/i/status", R"({"status":"in_progress","note":"mine"})", by("ann"));
    d.patch("/investigations/i", R"({"priority":"high","assignee_id":"bob"})", by("ann"));
    const auto trail = d.get("/investigations/i/status");
    BOOST_TEST(trail.at("/items").as_array().size() == 1u);
    BOOST_TEST(trail.text("/items/0/from") == "open");
    BOOST_TEST(trail.text("/items/0/to") == "in_progress");
    BOOST_TEST(trail.text("/items/0/by") == "ann");
    BOOST_TEST(trail.text("/items/0/note") == "mine");
    BOOST_TEST(d.get("/investigations/i/history").at("/items").as_array().size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_deletion_takes_notes_and_trail_along_and_frees_the_alerts) {
    make("i", R"(,"tags":["x"],"mitre_tactics":["t"],"mitre_techniques":["T1"])");
    become("i", "in_progress");
    d.post("/investigations/i/notes", R"({"content":"n"})");
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    d.put("/investigations/i/alerts/a", "");
    d.now += 5;
    BOOST_TEST((d.remove("/investigations/i", by("ann")).reply.kind == outcome::no_content));
    for (const char* sql :
         {"SELECT count(*) FROM investigations", "SELECT count(*) FROM investigation_notes",
          "SELECT count(*) FROM investigation_events", "SELECT count(*) FROM investigations_tags",
          "SELECT count(*) FROM investigations_tactics", "SELECT count(*) FROM investigations_techniques",
          "SELECT sum(count) FROM investigations_facets",
          "SELECT count(*) FROM history WHERE resource = 'investigations'"})
        BOOST_TEST(d.count(sql) == 0, sql);
    BOOST_TEST(d.count("SELECT count(*) FROM audit WHERE action = 'delete_investigation' AND principal = 'ann'") == 1);
    const auto alert = d.get("/alerts/a");
    BOOST_TEST(alert.at("/investigation_id").is_null());
    BOOST_TEST(alert.reply.version == 3);
    const auto history = d.get("/alerts/a/history");
    BOOST_TEST(history.text("/items/1/from") == "i");
    BOOST_TEST(history.text("/items/1/by") == "ann");
    BOOST_TEST(history.text("/items/1/note") == "the investigation was deleted");
    BOOST_TEST(is(d.remove("/investigations/i"), problem_code::not_found));
    BOOST_TEST(is(d.get("/investigations/i/timeline"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(statistics_are_right_after_every_kind_of_change) {
    const auto none = d.get("/investigations/stats");
    BOOST_TEST(none.at("/total").as_int64() == 0);
    BOOST_TEST(none.at("/seconds_to_close_avg").is_null());
    const auto started = d.now;
    for (const auto& [id, hours] : {std::pair("a", 1), {"b", 2}, {"c", 6}}) {
        d.now = started;
        make(id, R"(,"priority":"high")");
        become(id, "in_progress");
        become(id, "resolved");
        d.now = started + carrel::siem::timestamp{hours} * 3'600'000'000;
        close(id);
    }
    make("d");
    make("e");
    become("e", "in_progress");
    make("f");
    become("f", "in_progress");
    become("f", "false_positive");
    auto got = d.get("/investigations/stats");
    BOOST_TEST(got.at("/total").as_int64() == 6);
    BOOST_TEST(got.at("/open_count").as_int64() == 2);
    BOOST_TEST(got.at("/closed_count").as_int64() == 4);
    BOOST_TEST(got.at("/by_status/closed").as_int64() == 3);
    BOOST_TEST(got.at("/by_status/false_positive").as_int64() == 1);
    BOOST_TEST(got.at("/by_priority/high").as_int64() == 3);
    BOOST_TEST(got.at("/by_priority/medium").as_int64() == 3);
    BOOST_TEST(got.at("/hours_to_close_avg").to_number<double>() == 3.0);
    BOOST_TEST(got.at("/seconds_to_close_avg").to_number<double>() == 10'800.0);
    d.remove("/investigations/c");
    d.patch("/investigations/d", R"({"priority":"low"})");
    got = d.get("/investigations/stats");
    BOOST_TEST(got.at("/hours_to_close_avg").to_number<double>() == 1.5);
    BOOST_TEST(got.at("/by_priority/low").as_int64() == 1);
    BOOST_TEST(got.at("/total").as_int64() == 5);
}

BOOST_AUTO_TEST_CASE(the_database_itself_refuses_a_state_that_no_way_leads_to) {
    make("i");
    const auto done =
        d.write([](carrel::write_session& session) { return session.execute("UPDATE investigations SET status = 5"); });
    BOOST_TEST(!done.has_value());
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_closes_nothing_before_it_was_opened) {
    const auto opened = make("i").text("/created_at");
    become("i", "in_progress");
    become("i", "resolved");
    d.now -= 3'600'000'000;
    BOOST_TEST(close("i").text("/closed_at") == opened);
    BOOST_TEST(d.get("/investigations/stats").at("/seconds_to_close_avg").to_number<double>() == 0);
}

BOOST_AUTO_TEST_CASE(what_nobody_sees_is_no_text) {
    // Em spaces, an ideographic one, a zero-width space, a byte order mark, a word joiner.
    const std::string unseen =
        "\xe2\x80\x83\xe2\x80\x83\xe2\x80\x83\xe3\x80\x80\xe2\x80\x8b\xef\xbb\xbf\xe2\x81\xa0\xc2\xa0\xc2\x85\xe2\x80"
        "\xa8";
    BOOST_TEST(d.post("/investigations", R"({"title":")" + unseen + "\"}").faults() == "title");
    make("i");
    BOOST_TEST(d.post("/investigations/i/notes", R"({"content":")" + unseen + "\"}").faults() == "content");
    become("i", "in_progress");
    become("i", "resolved");
    const auto with_summary = [&](const std::string& text) {
        return close("i", R"({"verdict":"true_positive","resolution_category":"c","summary":")" + text + "\"}");
    };
    BOOST_TEST(with_summary(unseen).faults() == "summary");
    BOOST_TEST(with_summary(unseen + "A worm." + unseen).faults() == "summary");
    BOOST_TEST(close("i", R"({"verdict":"true_positive","resolution_category":")" + unseen +
                              R"(","summary":"It was a worm."})")
                   .faults() == "resolution_category");
    BOOST_TEST(with_summary(unseen + "It was\xe2\x80\x83 a worm." + unseen).text("/summary") ==
               "It was\xe2\x80\x83 a worm.");
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    BOOST_TEST(d.post("/alerts/a/comments", R"({"content":")" + unseen + "\"}").faults() == "content");
    d.post("/alerts/a/dismiss", "{}");
    BOOST_TEST(d.post("/alerts/a/reopen", R"({"reason":")" + unseen + "\"}").faults() == "reason");
}

BOOST_AUTO_TEST_CASE(what_belongs_to_nothing_that_is_there_is_not_found) {
    make("i");
    BOOST_TEST(d.get("/investigations/i/notes").at("/items").as_array().empty());
    for (const char* path :
         {"/investigations/none/notes", "/investigations/none/evidence", "/investigations/none/evidence/count",
          "/alerts/none/comments", "/alerts/none/related", "/approvals/none/actions", "/playbook-executions/none/steps",
          "/rules/none/false-positives"})
        BOOST_TEST(is(d.get(path), problem_code::not_found), path);
}

BOOST_AUTO_TEST_SUITE_END()
