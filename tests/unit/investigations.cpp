// Investigations: fields, assignees, filters, notes.
#include "support/investigations.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using carrel::siem::call;
using carrel::siem::outcome;
using carrel::siem::problem_code;
using namespace carrel::testing;

BOOST_FIXTURE_TEST_SUITE(investigations, investigation_fixture)

BOOST_AUTO_TEST_CASE(a_new_one_has_a_number_of_its_day_and_is_open) {
    const auto made = d.post("/investigations", R"({"id":"i","title":"Odd logons","tags":["x"]})", by("ann"));
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.reply.location == "/api/v1/investigations/i");
    BOOST_TEST(made.text("/number") == "INV-20231114-001");
    BOOST_TEST(made.text("/status") == "open");
    BOOST_TEST(made.text("/priority") == "medium");
    BOOST_TEST(made.text("/trigger_source") == "manual");
    BOOST_TEST(made.text("/created_by") == "ann");
    BOOST_TEST(made.at("/verdict").is_null());
    BOOST_TEST(made.at("/closed_at").is_null());
    BOOST_TEST(d.get("/investigations/i").reply.body == made.reply.body);
}

BOOST_AUTO_TEST_CASE(no_number_comes_twice) {
    std::set<std::string> numbers;
    for (int i = 0; i < 1001; ++i) numbers.insert(make("i" + std::to_string(i)).text("/number"));
    BOOST_TEST(numbers.size() == 1001u);
    BOOST_TEST(numbers.contains("INV-20231114-999"));
    BOOST_TEST(numbers.contains("INV-20231114-1001"));
    d.remove("/investigations/i1000");
    BOOST_TEST(make("again").text("/number") == "INV-20231114-1002");
    d.now += carrel::siem::timestamp{24} * 3600 * 1'000'000;
    BOOST_TEST(make("next").text("/number") == "INV-20231115-001");
    d.now -= carrel::siem::timestamp{24} * 3600 * 1'000'000;
    BOOST_TEST(make("back").text("/number") == "INV-20231114-1003");
    // What was refused takes no number.
    BOOST_TEST(is(make("back"), problem_code::conflict));
    BOOST_TEST(make("after").text("/number") == "INV-20231114-1004");
}

BOOST_AUTO_TEST_CASE(each_field_has_its_bounds) {
    const auto with = [&](const std::string& member) {
        return d.post("/investigations", R"({"title":"t",)" + member + "}").faults();
    };
    const auto text = [](std::size_t size) { return std::string("\"").append(size, 'x').append("\""); };
    BOOST_TEST(d.post("/investigations", "{}").faults() == "title");
    BOOST_TEST(d.post("/investigations", R"({"title":""})").faults() == "title");
    BOOST_TEST(d.post("/investigations", R"({"title":" \t\n"})").faults() == "title");
    BOOST_TEST(d.post("/investigations", R"({"title":)" + text(201) + "}").faults() == "title");
    BOOST_TEST(d.post("/investigations", R"({"title":)" + text(200) + "}").faults() == "");
    BOOST_TEST(with("\"description\":" + text(2001)) == "description");
    BOOST_TEST(with(R"("priority":"urgent")") == "priority");
    BOOST_TEST(with(R"("priority":3)") == "priority");
    BOOST_TEST(with(R"("trigger_source":"chance")") == "trigger_source");
    BOOST_TEST(with(R"("trigger_alert_id":"none")") == "trigger_alert_id");
    BOOST_TEST(with(R"("correlation_rule_id":"none")") == "correlation_rule_id");
    BOOST_TEST(with(R"("assignee_id":"")") == "assignee_id");
    BOOST_TEST(with(R"("artifacts":[])") == "artifacts");
    BOOST_TEST(with("\"mitre_techniques\":[" + text(21) + "]") == "mitre_techniques[0]");
    for (const char* each : {"status", "number", "closed_at", "verdict", "summary", "resolution_category",
                             "affected_assets", "ml_feedback", "created_by"})
        BOOST_TEST(with("\"" + std::string(each) + "\":\"closed\"") == each);
    BOOST_TEST(d.get("/investigations/count").at("/count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(a_patch_changes_what_it_may_and_never_the_status) {
    make("i", R"(,"tags":["a"],"mitre_tactics":["execution"])");
    const auto patched = d.patch("/investigations/i",
                                 R"({"title":"new","priority":"critical","tags":["b"],"artifacts":{"hashes":["x"]}})");
    BOOST_TEST(patched.text("/title") == "new");
    BOOST_TEST(patched.text("/priority") == "critical");
    BOOST_TEST(patched.text("/artifacts/hashes/0") == "x");
    BOOST_TEST(patched.at("/version").as_int64() == 2);
    for (const char* body :
         {R"({"status":"closed"})", R"({"status":"in_progress"})", R"({"verdict":"inconclusive"})",
          R"({"closed_at":"2023-11-14T22:13:20Z"})", R"({"number":"INV-1"})", R"({"trigger_source":"playbook"})"})
        BOOST_TEST(is(d.patch("/investigations/i", body), problem_code::invalid), body);
    const auto replaced = d.put("/investigations/i", R"({"title":"whole"})");
    BOOST_TEST(replaced.text("/title") == "whole");
    BOOST_TEST(replaced.text("/status") == "open");
    BOOST_TEST(replaced.text("/number") == "INV-20231114-001");
    BOOST_TEST(replaced.at("/tags").as_array().empty());
    BOOST_TEST(is(d.put("/investigations/i", R"({"title":"x","status":"closed"})"), problem_code::invalid));
    const auto stale = [](call& request) { request.conditions.if_match = carrel::siem::version_list{false, {1}}; };
    BOOST_TEST(is(d.patch("/investigations/i", R"({"title":"x"})", stale), problem_code::stale_version));
    BOOST_TEST(
        is(d.post("/investigations/i/status", R"({"status":"in_progress"})", stale), problem_code::stale_version));
    BOOST_TEST(is(d.post("/investigations/i/close", closure, stale), problem_code::stale_version));
    BOOST_TEST(is(d.remove("/investigations/i", stale), problem_code::stale_version));
}

BOOST_AUTO_TEST_CASE(an_assignee_is_anybody_until_there_are_users) {
    BOOST_TEST(make("a", R"(,"assignee_id":"nobody yet")").text("/assignee_id") == "nobody yet");
    add_user("Ann");
    add_user("Old", 0);
    BOOST_TEST(make("b", R"(,"assignee_id":"nobody yet")").faults() == "assignee_id");
    BOOST_TEST(make("b", R"(,"assignee_id":"Old")").faults() == "assignee_id");
    BOOST_TEST(make("b", R"(,"assignee_id":"ann")").text("/assignee_id") == "Ann");
    BOOST_TEST(d.patch("/investigations/a", R"({"assignee_id":"x"})").faults() == "assignee_id");
    // What is not changed is not checked again.
    BOOST_TEST(d.patch("/investigations/a", R"({"title":"x"})").text("/assignee_id") == "nobody yet");
    BOOST_TEST(d.patch("/investigations/a", R"({"assignee_id":null})").at("/assignee_id").is_null());
    BOOST_TEST(ids(d.get("/investigations", {{"assignee_id", "Ann"}})) == "b");
}

BOOST_AUTO_TEST_CASE(who_is_deleted_has_no_open_investigation) {
    add_user("ann");
    make("open", R"(,"assignee_id":"ann")");
    make_closed("done");
    make("other", R"(,"assignee_id":"ann")");
    become("other", "in_progress");
    become("other", "resolved");
    close("other");
    const auto done = d.write([](carrel::write_session& session) { return session.execute("DELETE FROM users"); });
    BOOST_TEST_REQUIRE(done.has_value());
    BOOST_TEST(d.get("/investigations/open").at("/assignee_id").is_null());
    BOOST_TEST(d.get("/investigations/open").reply.version == 2);
    BOOST_TEST(d.get("/investigations/open/history").text("/items/0/note") == "the user was deleted");
    BOOST_TEST(d.get("/investigations/other").text("/assignee_id") == "ann");
}

BOOST_AUTO_TEST_CASE(priorities_and_states_sort_by_rank) {
    for (const char* each : {"low", "critical", "medium", "high"})
        make(each, R"(,"priority":")" + std::string(each) + "\"");
    BOOST_TEST(ids(d.get("/investigations", {{"sort", "-priority"}})) == "critical high medium low");
    BOOST_TEST(ids(d.get("/investigations", {{"sort", "priority"}})) == "low medium high critical");
    become("low", "in_progress");
    BOOST_TEST(ids(d.get("/investigations", {{"sort", "-status"}, {"limit", "1"}})) == "low");
    BOOST_TEST(d.get("/investigations", {{"sort", "number"}}).faults() == "sort");
}

BOOST_AUTO_TEST_CASE(every_filter_finds_what_it_names) {
    make("a",
         R"(,"tags":["x","y"],"mitre_tactics":["execution"],"mitre_techniques":["T1059"],"description":"of cats")");
    d.now += 10'000'000;
    make("b", R"(,"tags":["y"],"mitre_tactics":["impact"],"priority":"high","trigger_source":"playbook")");
    d.now += 10'000'000;
    make_closed("c");
    const auto found = [&](const domain::query& by) {
        const auto got = d.get("/investigations", by);
        return got.refused ? "refused: " + got.faults() : ids(got);
    };
    BOOST_TEST(found({{"tag", "x"}}) == "a");
    BOOST_TEST(found({{"tag", "y"}}) == "b a");
    BOOST_TEST(found({{"mitre_tactic", "impact"}}) == "b");
    BOOST_TEST(found({{"mitre_technique", "T1059"}}) == "a");
    BOOST_TEST(found({{"mitre_technique", "T1059"}, {"mitre_tactic", "impact"}}) == "");
    BOOST_TEST(found({{"priority", "high"}}) == "b");
    BOOST_TEST(found({{"status", "open"}}) == "b a");
    BOOST_TEST(found({{"status", "open"}, {"status", "closed"}}) == "c b a");
    BOOST_TEST(found({{"verdict", "true_positive"}}) == "c");
    BOOST_TEST(found({{"trigger_source", "playbook"}}) == "b");
    BOOST_TEST(found({{"number", "INV-20231114-002"}}) == "b");
    BOOST_TEST(found({{"from", "2023-11-14T22:13:30Z"}}) == "c b");
    BOOST_TEST(found({{"to", "2023-11-14T22:13:30Z"}}) == "a");
    BOOST_TEST(found({{"closed_from", "2023-11-14T22:13:40Z"}}) == "c");
    BOOST_TEST(found({{"closed_to", "2023-11-14T22:13:40Z"}}) == "");
    BOOST_TEST(found({{"updated_from", "2023-11-14T22:13:40Z"}}) == "c");
    BOOST_TEST(found({{"q", "cats"}}) == "a");
    BOOST_TEST(found({{"tag", "' OR 1"}}) == "");
    BOOST_TEST(found({{"priority", "urgent"}}) == "refused: priority");
    BOOST_TEST(found({{"colour", "red"}}) == "refused: colour");
    d.patch("/investigations/a", R"({"tags":[],"mitre_techniques":["T1003"]})");
    BOOST_TEST(found({{"tag", "x"}}) == "");
    BOOST_TEST(found({{"mitre_technique", "T1003"}}) == "a");
}

BOOST_AUTO_TEST_CASE(notes_are_rows_in_the_order_they_came_in) {
    make("i");
    const auto made = d.post("/investigations/i/notes", R"({"content":"first"})", by("ann"));
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.text("/author") == "ann");
    BOOST_TEST(made.text("/investigation_id") == "i");
    d.now += 1;
    d.post("/investigations/i/notes", R"({"content":"second"})");
    const auto list = d.get("/investigations/i/notes", {{"limit", "1"}});
    BOOST_TEST(list.text("/items/0/content") == "first");
    const auto next = d.get("/investigations/i/notes", {{"limit", "1"}, {"cursor", list.text("/next")}});
    BOOST_TEST(next.text("/items/0/content") == "second");
    BOOST_TEST(next.at("/next").is_null());
    BOOST_TEST(d.get("/investigations/i/notes/" + made.text("/id")).reply.body == made.reply.body);
    for (const char* body :
         {"{}", R"({"content":""})", R"({"content":"  "})", R"({"content":7})", R"({"content":"x","author":"bob"})"})
        BOOST_TEST(is(d.post("/investigations/i/notes", body), problem_code::invalid), body);
    BOOST_TEST(d.post("/investigations/i/notes", R"({"content":")" + std::string(5001, 'x') + "\"}").faults() ==
               "content");
    BOOST_TEST(is(d.post("/investigations/none/notes", R"({"content":"x"})"), problem_code::not_found));
    make("j");
    BOOST_TEST(is(d.get("/investigations/j/notes/" + made.text("/id")), problem_code::not_found));
    BOOST_TEST(d.get("/investigations/j/notes").at("/items").as_array().empty());
}

BOOST_AUTO_TEST_SUITE_END()
