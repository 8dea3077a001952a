#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::call;
using carrel::siem::outcome;
using carrel::siem::problem_code;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(alerts)

namespace {

constexpr const char* small = R"({"title":"Odd logon","severity":"high"})";

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_alert_is_answered_whole_in_the_order_of_the_contract) {
    domain d;
    const auto made =
        d.post("/alerts", R"({"severity":"high","title":"Odd \"logon\"","id":"a-1","tags":["x","y"],"risk_score":70})");
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.reply.location == "/api/v1/alerts/a-1");
    BOOST_TEST(made.reply.version == 1);
    const std::string expected =
        R"({"id":"a-1","version":1,"created_at":"2023-11-14T22:13:20.000000Z","updated_at":"2023-11-14T22:13:20.000000Z",)"
        R"("title":"Odd \"logon\"","description":null,"severity":"high","status":"pending","disposition":"undetermined",)"
        R"("rule_id":null,"event_ids":[],"assigned_to":null,"tags":["x","y"],"risk_score":70,"fingerprint":null,)"
        R"("duplicate_count":0,"last_seen":"2023-11-14T22:13:20.000000Z","investigation_id":null})";
    BOOST_TEST(made.reply.body == expected);
    const auto read = d.get("/alerts/a-1");
    BOOST_TEST(read.reply.body == expected);
    BOOST_TEST(read.reply.version == 1);
}

BOOST_AUTO_TEST_CASE(an_id_is_given_where_the_client_gives_none_and_taken_ids_are_refused) {
    domain d;
    const auto made = d.post("/alerts", small);
    BOOST_TEST(made.text("/id").size() == 36u);
    BOOST_TEST((d.post("/alerts", R"({"title":"t","severity":"low","id":null})").text("/id").size()) == 36u);
    BOOST_TEST(!d.post("/alerts", R"({"title":"t","severity":"low","id":"mine"})").refused.has_value());
    const auto again = d.post("/alerts", R"({"title":"t","severity":"low","id":"mine"})");
    BOOST_TEST(is(again, problem_code::conflict));
    BOOST_TEST(again.faults() == "id");
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 3);
}

BOOST_AUTO_TEST_CASE(every_fault_of_a_body_is_named) {
    domain d;
    const auto all =
        d.post("/alerts", R"({"title":"","severity":"bad","risk_score":101,"tags":["ok",5],"nope":1,"version":3})");
    BOOST_TEST(is(all, problem_code::invalid));
    BOOST_TEST(all.faults() == "title severity risk_score tags[1] nope version");
    BOOST_TEST(d.post("/alerts", "{}").faults() == "title severity");
    BOOST_TEST(is(d.post("/alerts", "[]"), problem_code::invalid));
    BOOST_TEST(is(d.post("/alerts", "3"), problem_code::invalid));
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(each_field_has_its_bounds) {
    domain d;
    const auto with = [&](const std::string& member) {
        return d.post("/alerts", R"({"title":"t","severity":"low",)" + member + "}").faults();
    };
    const auto text = [](std::size_t size) { return std::string("\"").append(size, 'x').append("\""); };
    const auto list = [](std::size_t size, const std::string& item) {
        std::string items = "[";
        for (std::size_t i = 0; i < size; ++i) items += (i ? "," : "") + item;
        return items + "]";
    };
    BOOST_TEST(with("\"description\":" + text(10'000)) == "");
    BOOST_TEST(with("\"description\":" + text(10'001)) == "description");
    BOOST_TEST(with("\"assigned_to\":" + text(200)) == "");
    BOOST_TEST(with("\"assigned_to\":" + text(201)) == "assigned_to");
    BOOST_TEST(with("\"fingerprint\":" + text(257)) == "fingerprint");
    BOOST_TEST(with("\"rule_id\":" + text(129)) == "rule_id");
    BOOST_TEST(with("\"tags\":" + list(50, text(100))) == "");
    BOOST_TEST(with("\"tags\":" + list(51, text(1))) == "tags");
    BOOST_TEST(with("\"tags\":[" + text(101) + "]") == "tags[0]");
    BOOST_TEST(with("\"event_ids\":" + list(1001, text(1))) == "event_ids");
    BOOST_TEST(with("\"risk_score\":0") == "");
    BOOST_TEST(with("\"risk_score\":100") == "");
    BOOST_TEST(with("\"risk_score\":-1") == "risk_score");
    BOOST_TEST(with("\"risk_score\":50.0") == "");
    BOOST_TEST(with("\"risk_score\":5e1") == "");
    BOOST_TEST(with("\"risk_score\":50.5") == "risk_score");
    BOOST_TEST(with("\"risk_score\":1e300") == "risk_score");
    BOOST_TEST(with("\"risk_score\":\"50\"") == "risk_score");
    BOOST_TEST(with("\"risk_score\":18446744073709551615") == "risk_score");
    BOOST_TEST(with("\"disposition\":\"benign\"") == "");
    BOOST_TEST(with("\"disposition\":7") == "disposition");
    BOOST_TEST(with("\"status\":\"closed\"") == "status");
    BOOST_TEST(with("\"id\":\"a b\"") == "id");
    BOOST_TEST(with("\"id\":\"count\"") == "id");
    BOOST_TEST(with("\"id\":7") == "id");
}

BOOST_AUTO_TEST_CASE(characters_are_counted_not_bytes) {
    domain d;
    std::string umlauts;
    for (int i = 0; i < 200; ++i) umlauts += "ä";
    BOOST_TEST(d.post("/alerts", R"({"severity":"low","title":")" + umlauts + "\"}").faults() == "");
    BOOST_TEST(d.post("/alerts", R"({"severity":"low","title":"x)" + umlauts + "\"}").faults() == "title");
}

BOOST_AUTO_TEST_CASE(sql_in_a_string_is_just_text) {
    domain d;
    const std::string text = "'); DROP TABLE alerts; --";
    const auto made = d.post("/alerts", R"({"severity":"low","title":")" + text + "\"}");
    BOOST_TEST(made.text("/title") == text);
    const std::string phrase = '"' + text + '"';
    BOOST_TEST(d.get("/alerts", {{"assigned_to", text}, {"tag", text}, {"q", phrase}}).at("/items").as_array().empty());
    BOOST_TEST(d.get("/alerts", {{"q", phrase}}).at("/items").as_array().size() == 1u);
    BOOST_TEST(d.get("/alerts", {{"q", text}}).faults() == "q");
    BOOST_TEST(d.get("/alerts", {{"q", "drop TABLE alerts"}}).at("/items").as_array().size() == 1u);
    BOOST_TEST(is(d.get("/alerts/a'b"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(events_of_an_alert_must_exist) {
    domain d;
    auto intake = d.ingest_lines("{\"a\":1}\n");
    const std::string id = intake->summary().first_id;
    BOOST_TEST(d.post("/alerts", R"({"title":"t","severity":"low","event_ids":[")" + id + "\"]}").faults() == "");
    const auto missing =
        d.post("/alerts", R"({"title":"t","severity":"low","event_ids":[")" + id + R"(","no","x' OR 1"]})");
    BOOST_TEST(is(missing, problem_code::invalid));
    BOOST_TEST(missing.faults() == "event_ids[1] event_ids[2]");
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(a_patch_changes_what_it_names_and_null_clears) {
    domain d;
    d.post("/alerts",
           R"({"id":"a","title":"t","severity":"low","description":"d","tags":["x"],"disposition":"benign"})");
    d.now += 5'000'000;
    const auto patched =
        d.patch("/alerts/a", R"({"title":"new","description":null,"tags":null,"disposition":null,"risk_score":5})");
    BOOST_TEST(patched.text("/title") == "new");
    BOOST_TEST(patched.at("/description").is_null());
    BOOST_TEST(patched.at("/tags").as_array().empty());
    BOOST_TEST(patched.text("/disposition") == "undetermined");
    BOOST_TEST(patched.text("/severity") == "low");
    BOOST_TEST(patched.at("/version").as_int64() == 2);
    BOOST_TEST(patched.text("/created_at") == "2023-11-14T22:13:20.000000Z");
    BOOST_TEST(patched.text("/updated_at") == "2023-11-14T22:13:25.000000Z");
    BOOST_TEST(patched.reply.version == 2);
    BOOST_TEST(d.get("/alerts/a").reply.body == patched.reply.body);
}

BOOST_AUTO_TEST_CASE(a_patch_refuses_what_cannot_be_changed) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    BOOST_TEST(
        d.patch("/alerts/a", R"({"title":null,"id":"b","fingerprint":"f","status":"closed","who":1})").faults() ==
        "title who id status fingerprint");
    BOOST_TEST(is(d.patch("/alerts/a", "[]"), problem_code::invalid));
    BOOST_TEST(is(d.patch("/alerts/b", R"({"title":"x"})"), problem_code::not_found));
    BOOST_TEST(d.get("/alerts/a").reply.version == 1);
}

BOOST_AUTO_TEST_CASE(a_stale_version_changes_nothing) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    const auto holding = [](std::int64_t version) {
        return [version](call& request) { request.conditions.if_match = carrel::siem::version_list{false, {version}}; };
    };
    BOOST_TEST(!d.patch("/alerts/a", R"({"title":"u"})", holding(1)).refused.has_value());
    BOOST_TEST(is(d.patch("/alerts/a", R"({"title":"v"})", holding(1)), problem_code::stale_version));
    BOOST_TEST(is(d.post("/alerts/a/status", R"({"status":"closed"})", holding(1)), problem_code::stale_version));
    BOOST_TEST(is(d.remove("/alerts/a", holding(3)), problem_code::stale_version));
    BOOST_TEST(is(d.remove("/alerts/b", holding(1)), problem_code::not_found));
    BOOST_TEST(d.get("/alerts/a").text("/title") == "u");
    const auto any = [](call& request) { request.conditions.if_match = carrel::siem::version_list{true}; };
    BOOST_TEST(!d.patch("/alerts/a", R"({"title":"w"})", any).refused.has_value());
    BOOST_TEST(!d.remove("/alerts/a", holding(3)).refused.has_value());
}

BOOST_AUTO_TEST_CASE(an_alert_is_found_by_its_id_whatever_row_it_had_before) {
    domain d;
    const auto make = [&](const std::string& id) {
        return d.post("/alerts", R"({"severity":"low","title":"of )" + id + R"(","id":")" + id + R"("})");
    };
    make("a");
    BOOST_TEST(d.get("/alerts/a").text("/title") == "of a");
    BOOST_TEST(d.get("/alerts/a").text("/title") == "of a");
    d.remove("/alerts/a");
    make("b");  // takes the row that a had
    BOOST_TEST(d.get("/alerts/a").refused.has_value());
    BOOST_TEST(d.get("/alerts/b").text("/title") == "of b");
    make("a");
    BOOST_TEST(d.get("/alerts/a").text("/title") == "of a");
    BOOST_TEST(d.get("/alerts/b").text("/title") == "of b");
}

BOOST_AUTO_TEST_CASE(a_deleted_alert_is_gone_with_its_history) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    d.post("/alerts/a/status", R"({"status":"closed"})");
    BOOST_TEST((d.remove("/alerts/a").reply.kind == outcome::no_content));
    BOOST_TEST(is(d.get("/alerts/a"), problem_code::not_found));
    BOOST_TEST(is(d.get("/alerts/a/history"), problem_code::not_found));
    BOOST_TEST(is(d.remove("/alerts/a"), problem_code::not_found));
    BOOST_TEST(d.count("SELECT count(*) FROM history") == 0);
}

BOOST_AUTO_TEST_CASE(status_follows_its_rules_and_says_what_is_allowed) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    const auto refused = d.post("/alerts/a/status", R"({"status":"resolved"})");
    BOOST_TEST(is(refused, problem_code::illegal_transition));
    BOOST_TEST(refused.refused->detail.find("acknowledged, dismissed, false_positive, closed") != std::string::npos);
    BOOST_TEST(d.post("/alerts/a/status", R"({"status":"acknowledged","note":"mine"})").text("/status") ==
               "acknowledged");
    BOOST_TEST(is(d.post("/alerts/a/status", R"({"status":"acknowledged"})"), problem_code::illegal_transition));
    BOOST_TEST(d.post("/alerts/a/status", R"({"status":"gone"})").faults() == "status");
    BOOST_TEST(d.post("/alerts/a/status", R"({"note":5,"x":1})").faults() == "note x");
    BOOST_TEST(d.post("/alerts/a/status", "{}").faults() == "status");
    BOOST_TEST(is(d.post("/alerts/b/status", R"({"status":"closed"})"), problem_code::not_found));
    BOOST_TEST(d.get("/alerts/a").reply.version == 2);
}

BOOST_AUTO_TEST_CASE(an_integer_is_one_however_it_is_written) {
    domain d;
    const auto made = d.post("/alerts", R"({"id":"a","title":"t","severity":"low","risk_score":50.0})");
    BOOST_TEST(made.reply.body.find("\"risk_score\":50,") != std::string::npos);
    BOOST_TEST(d.patch("/alerts/a", R"({"risk_score":50})").reply.version == 1);
}

BOOST_AUTO_TEST_CASE(a_patch_that_changes_nothing_writes_nothing) {
    domain d;
    const auto made = d.post("/alerts", R"({"id":"a","title":"t","severity":"low","tags":["x"]})");
    d.now += 1;
    for (const char* body : {"{}", R"({"title":"t","tags":["x"],"description":null})"}) {
        const auto same = d.patch("/alerts/a", body);
        BOOST_TEST(same.reply.body == made.reply.body);
        BOOST_TEST(same.reply.version == 1);
    }
    BOOST_TEST(d.get("/alerts/a").reply.body == made.reply.body);
    BOOST_TEST(d.patch("/alerts/a", R"({"title":"u"})").reply.version == 2);
}

BOOST_AUTO_TEST_CASE(a_reply_lists_a_hundred_faults_and_counts_the_rest) {
    domain d;
    std::string body = "{";
    for (int i = 0; i < 200; ++i) body += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
    const auto got = d.post("/alerts", body + "}", [](call& request) { request.members_left_out = 1000; });
    BOOST_TEST_REQUIRE(got.refused.has_value());
    BOOST_TEST(got.refused->faults.size() == 100u);
    BOOST_TEST(got.refused->detail == "`k0` is an unknown field (and 1201 more)");
    // An empty name is one, too.
    const auto empty = d.post("/alerts", R"({"title":"t","severity":"low","":1})");
    BOOST_TEST(empty.faults() == "\"\"");
    BOOST_TEST(empty.refused->detail == "`\"\"` is an unknown field");
    // A long name is cut, not repeated.
    const auto longer = d.post("/alerts", "{\"" + std::string(100'000, 'n') + "\":1}");
    BOOST_TEST(longer.faults().size() < 200u);
}

BOOST_AUTO_TEST_SUITE_END()
