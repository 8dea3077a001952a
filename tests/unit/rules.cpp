// Rules as clients see them: what a Sigma document gives them, their life, their versions, what is counted of them.
#include "base/time.hpp"
#include "siem/rule_operations.hpp"
#include "support/rule_bodies.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using carrel::siem::outcome;
using carrel::siem::problem_code;
using namespace carrel::testing;

namespace {

std::string body_of(const std::string& yaml, const std::string& more = "") {
    boost::json::object body;
    body["sigma_yaml"] = yaml;
    std::string text = boost::json::serialize(body);
    if (!more.empty()) text.insert(text.size() - 1, "," + more);
    return text;
}

std::int64_t items(const answer& list) { return static_cast<std::int64_t>(list.at("/items").as_array().size()); }

struct fixture {
    domain d;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rules, fixture)

BOOST_AUTO_TEST_CASE(a_document_gives_what_the_request_leaves_out) {
    const auto made = d.post("/rules", body_of(rule_document(one_id, "Shell"), R"("id":"r","name":"Mine")"));
    BOOST_TEST_REQUIRE(!made.refused.has_value());
    BOOST_TEST(made.text("/name") == "Mine");
    BOOST_TEST(made.text("/type") == "sigma");
    BOOST_TEST(made.text("/severity") == "high");
    BOOST_TEST(made.text("/author") == "Ann");
    BOOST_TEST(made.text("/lifecycle") == "experimental");
    BOOST_TEST(made.at("/enabled").as_bool());
    BOOST_TEST(boost::json::serialize(made.at("/mitre_techniques")) == R"(["T1059.001"])");
    BOOST_TEST(boost::json::serialize(made.at("/mitre_tactics")) == R"(["initial-access"])");
    BOOST_TEST(boost::json::serialize(made.at("/logsource")) ==
               R"({"category":"process_creation","product":"windows","service":null})");
    BOOST_TEST(made.text("/sigma_yaml") == rule_document(one_id, "Shell"));
    BOOST_TEST(made.at("/query").is_null());
    BOOST_TEST(d.count("SELECT count(*) FROM rules WHERE tree LIKE '%cmd.exe%'") == 1);
}

BOOST_AUTO_TEST_CASE(keys_of_a_rule_come_in_the_order_of_the_contract) {
    const auto made = d.post("/rules", query_rule("q"));
    std::string keys;
    const auto json = made.json();
    for (const auto& [key, ignored] : json.as_object()) keys.append(keys.empty() ? "" : " ").append(key);
    BOOST_TEST(
        keys.starts_with("id version created_at updated_at name type description severity enabled lifecycle author "
                         "tags references false_positives mitre_tactics mitre_techniques logsource sigma_yaml "
                         "query"));
}

BOOST_AUTO_TEST_CASE(what_a_type_needs_and_what_it_does_not_take) {
    BOOST_TEST(d.post("/rules", R"({"name":"n","severity":"low","type":"sigma"})").faults() == "sigma_yaml");
    BOOST_TEST(d.post("/rules", R"({"name":"n","severity":"low","type":"query"})").faults() == "query");
    BOOST_TEST(d.post("/rules", R"({"name":"n","severity":"low"})").faults() == "type");
    BOOST_TEST(d.post("/rules", R"({"severity":"low","query":"x"})").faults() == "name");
    BOOST_TEST(d.post("/rules", body_of(rule_document(one_id, "t"), R"("query":"x")")).faults() == "query");
    BOOST_TEST(d.post("/rules", body_of(rule_document(one_id, "t"), R"("type":"correlation")")).faults() == "type");
    BOOST_TEST(d.post("/rules", query_rule("q", R"(,"sigma_yaml":null)")).text("/type") == "query");
}

BOOST_AUTO_TEST_CASE(faults_of_a_document_and_of_a_query_say_where) {
    const auto broken =
        d.post("/rules", body_of("title: t\nlogsource: {product: x}\ndetection:\n  sel:\n    a|nope: 1\n"
                                 "  condition: sel\n"));
    BOOST_TEST_REQUIRE(broken.refused.has_value());
    BOOST_TEST((broken.refused->code == problem_code::invalid));
    BOOST_TEST(broken.refused->faults.front().field == "sigma_yaml");
    BOOST_TEST(broken.refused->faults.front().line == 5);
    const auto query = d.post("/rules", R"({"name":"n","severity":"low","query":"a AND ("})");
    BOOST_TEST(query.faults() == "query");
    BOOST_TEST(query.refused->faults.front().detail.find("character") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_patch_of_the_document_takes_over_what_it_says) {
    d.post("/rules", body_of(rule_document(one_id, "Shell"), R"("id":"r")"));
    const auto changed = d.patch("/rules/r", body_of(rule_document(one_id, "Other shell")));
    BOOST_TEST_REQUIRE(!changed.refused.has_value());
    BOOST_TEST(changed.text("/name") == "Other shell");
    BOOST_TEST(changed.at("/version").as_int64() == 2);
    BOOST_TEST(d.count("SELECT count(*) FROM rules WHERE tree LIKE '%Other%' OR tree LIKE '%cmd.exe%'") == 1);
    BOOST_TEST(d.patch("/rules/r", R"({"query":"x"})").faults() == "query");
    BOOST_TEST(d.patch("/rules/r", R"({"logsource":{"product":"linux"}})").text("/logsource/product") == "linux");
    BOOST_TEST(d.patch("/rules/r", R"({"logsource":null})").at("/logsource/product").is_null());
    BOOST_TEST(d.patch("/rules/r", R"({"logsource":{"x":1}})").faults() == "logsource.x");
    BOOST_TEST(d.patch("/rules/r", R"({"logsource":3})").faults() == "logsource");
    BOOST_TEST(d.patch("/rules/r", R"({"lifecycle":"stable"})").faults() == "lifecycle");
    BOOST_TEST(d.patch("/rules/r", R"({"tree":"x"})").faults() == "tree");
}

BOOST_AUTO_TEST_CASE(put_replaces_and_leaves_what_is_the_servers) {
    d.post("/rules", query_rule("q", R"(,"description":"d","tags":["a"])"));
    d.post("/rules/q/lifecycle", R"({"to":"test"})");
    const auto put = d.put("/rules/q", R"({"name":"other","severity":"high","query":"x"})");
    BOOST_TEST_REQUIRE(!put.refused.has_value());
    BOOST_TEST(put.at("/description").is_null());
    BOOST_TEST(put.at("/tags").as_array().empty());
    BOOST_TEST(put.text("/lifecycle") == "test");
    BOOST_TEST(put.at("/version").as_int64() == 3);
    BOOST_TEST(d.put("/rules/q", R"({"id":"z","name":"n","severity":"high","query":"x"})").faults() == "id");
    BOOST_TEST(d.put("/rules/q", R"({"name":"n"})").refused.has_value());
    BOOST_TEST(is(d.put("/rules/none", R"({"name":"n","severity":"high","query":"x"})"), problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_life_goes_only_its_ways_and_leaves_a_trail) {
    d.post("/rules", query_rule("q"));
    const auto to = [&](const char* body) { return d.post("/rules/q/lifecycle", body); };
    const auto wrong = to(R"({"to":"stable","reason":"why"})");
    BOOST_TEST(is(wrong, problem_code::illegal_transition));
    BOOST_TEST(wrong.refused->detail == "experimental cannot become stable; allowed: test, archived");
    BOOST_TEST(to(R"({"to":"test"})").text("/lifecycle") == "test");
    BOOST_TEST(to(R"({"to":"experimental"})").faults() == "reason");
    BOOST_TEST(to(R"({"to":"stable"})").text("/lifecycle") == "stable");
    BOOST_TEST(to(R"({"to":"deprecated"})").faults() == "reason");
    BOOST_TEST(to(R"({"to":"deprecated","reason":"old","sunset_at":"2020-01-01T00:00:00Z"})").faults() == "sunset_at");
    BOOST_TEST(to(R"({"to":"deprecated","reason":"old","sunset_at":"2099-01-01T00:00:00Z"})").faults() == "sunset_at");
    const auto old = to(R"({"to":"deprecated","reason":"old","sunset_at":"2024-01-01T00:00:00Z"})");
    BOOST_TEST(old.text("/deprecated_reason") == "old");
    BOOST_TEST(old.text("/sunset_at") == "2024-01-01T00:00:00.000000Z");
    const auto back = to(R"({"to":"stable","reason":"needed"})");
    BOOST_TEST(back.at("/deprecated_at").is_null());
    BOOST_TEST(back.at("/sunset_at").is_null());
    BOOST_TEST(to(R"({"to":"archived","reason":"done"})").text("/lifecycle") == "archived");
    BOOST_TEST(is(to(R"({"to":"stable","reason":"no"})"), problem_code::illegal_transition));
    const auto trail = d.get("/rules/q/lifecycle");
    BOOST_TEST(items(trail) == 5);
    BOOST_TEST(trail.text("/items/4/to") == "archived");
    BOOST_TEST(trail.text("/items/4/note") == "done");
}

BOOST_AUTO_TEST_CASE(a_rule_whose_last_day_has_come_is_switched_off_once) {
    for (const char* id : {"a", "b"}) {
        d.post("/rules", query_rule(id));
        const std::string path = "/rules/" + std::string(id) + "/lifecycle";
        for (const char* to : {"test", "stable"}) d.post(path, R"({"to":")" + std::string(to) + "\"}");
        d.post(path, R"({"to":"deprecated","reason":"old","sunset_at":"202)" +
                         std::string(id == std::string("a") ? "4" : "5") + R"(-01-01T00:00:00Z"})");
    }
    const auto sunset = [&](const char* at) {
        const auto now = carrel::siem::parse_time(at).value();
        const bool due =
            d.read([&](carrel::read_session& session) { return carrel::siem::has_sunset_rules(session, now); }).value();
        const auto done =
            d.write([&](carrel::write_session& session) { return carrel::siem::sunset_rules(session, now); });
        BOOST_TEST(due == (done.value() > 0));
        return done.value();
    };
    BOOST_TEST(sunset("2023-12-31T23:59:59Z") == 0);
    BOOST_TEST(sunset("2024-01-01T00:00:00Z") == 1);
    BOOST_TEST(sunset("2024-06-01T00:00:00Z") == 0);
    BOOST_TEST(!d.get("/rules/a").at("/enabled").as_bool());
    BOOST_TEST(d.get("/rules/b").at("/enabled").as_bool());
    const auto trail = d.get("/rules/a/history");
    BOOST_TEST(trail.text("/items/3/field") == "enabled");
    BOOST_TEST(trail.text("/items/3/by") == "system");
    BOOST_TEST(trail.text("/items/3/note") == "its last day has come");
}

BOOST_AUTO_TEST_CASE(former_versions_are_read_as_they_were_and_come_back) {
    d.post("/rules", body_of(rule_document(one_id, "First"), R"("id":"r")"));
    d.patch("/rules/r", body_of(rule_document(one_id, "Second")), [](auto& call) { call.principal = "ann"; });
    d.patch("/rules/r", R"({"tags":["x"]})");
    const auto all = d.get("/rules/r/versions");
    BOOST_TEST(items(all) == 2);
    BOOST_TEST(all.at("/items/0/version").as_int64() == 2);
    BOOST_TEST(all.text("/items/0/by") == "ann");
    BOOST_TEST(all.at("/items/1/by").is_null());
    const auto first = d.get("/rules/r/versions/1");
    BOOST_TEST(first.text("/name") == "First");
    BOOST_TEST(first.text("/sigma_yaml") == rule_document(one_id, "First"));
    BOOST_TEST(first.at("/version").as_int64() == 1);
    BOOST_TEST(d.get("/rules/r/versions/3").at("/version").as_int64() == 3);
    for (const char* none :
         {"/rules/r/versions/4", "/rules/r/versions/0", "/rules/r/versions/x", "/rules/x/versions/1"})
        BOOST_TEST(is(d.get(none), problem_code::not_found), none);
    const auto again = d.post("/rules/r/versions/1/restore", "{}");
    BOOST_TEST(again.text("/name") == "First");
    BOOST_TEST(again.at("/version").as_int64() == 4);
    BOOST_TEST(d.count("SELECT count(*) FROM rules_tags WHERE item = 'attack.t1059.001'") == 1);
    BOOST_TEST(d.count("SELECT count(*) FROM rules_tags WHERE item = 'x'") == 0);
    d.remove("/rules/r");
    BOOST_TEST(d.count("SELECT count(*) FROM versions") == 0);
    BOOST_TEST(d.count("SELECT count(*) FROM history") == 0);
}

BOOST_AUTO_TEST_CASE(lists_are_narrowed_and_counted_by_what_rules_have) {
    d.post("/rules", body_of(rule_document(one_id, "Power shell"), R"("id":"a")"));
    d.post("/rules", query_rule("b", R"(,"tags":["x","y"],"enabled":false)"));
    const auto found = [&](const domain::query& by) {
        std::string ids;
        const boost::json::value list = d.get("/rules", by).json();
        for (const auto& each : list.at("items").as_array()) ids += each.at("id").as_string().c_str();
        return ids;
    };
    BOOST_TEST(found({}) == "ba");
    BOOST_TEST(found({{"sort", "name"}}) == "ab");
    BOOST_TEST(found({{"type", "sigma"}}) == "a");
    BOOST_TEST(found({{"enabled", "false"}}) == "b");
    BOOST_TEST(found({{"mitre_technique", "T1059.001"}}) == "a");
    BOOST_TEST(found({{"mitre_tactic", "initial-access"}, {"mitre_tactic", "impact"}}) == "a");
    BOOST_TEST(found({{"tag", "y"}}) == "b");
    BOOST_TEST(found({{"logsource.product", "windows"}}) == "a");
    BOOST_TEST(found({{"q", "shell"}}) == "a");
    BOOST_TEST(found({{"q", "severity:low"}}) == "b");
    BOOST_TEST(d.get("/rules/count").at("/count").as_int64() == 2);
    BOOST_TEST(d.get("/rules/count", {{"severity", "low"}}).at("/count").as_int64() == 1);
    BOOST_TEST(d.get("/rules/count", {{"logsource.product", ""}}).at("/count").as_int64() == 0);
    BOOST_TEST(d.get("/rules/count", {{"tag", "x"}}).at("/count").as_int64() == 1);
    const auto all = d.get("/rules/facets");
    BOOST_TEST(all.at("/total").as_int64() == 2);
    BOOST_TEST(boost::json::serialize(all.at("/facets/logsource.product")) ==
               R"([{"value":null,"count":1},{"value":"windows","count":1}])");
    BOOST_TEST(d.get("/rules/facets", {{"tag", "x"}}).at("/total").as_int64() == 1);
    d.patch("/rules/b", R"({"severity":"critical"})");
    d.remove("/rules/a");
    BOOST_TEST(boost::json::serialize(d.get("/rules/facets").at("/facets/severity")) ==
               R"([{"value":"critical","count":1}])");
    BOOST_TEST(d.count("SELECT sum(count) FROM rules_facets") == 1);
}

BOOST_AUTO_TEST_CASE(many_are_changed_at_once_each_with_its_own_result) {
    for (const char* id : {"a", "b", "c"}) d.post("/rules", query_rule(id));
    const auto some = d.post("/rules/bulk", R"({"action":"patch","ids":["a","none","b"],"patch":{"enabled":false}})");
    BOOST_TEST(some.at("/succeeded").as_int64() == 2);
    BOOST_TEST(some.at("/failed").as_int64() == 1);
    BOOST_TEST(some.text("/items/1/detail") == "rule `none` does not exist");
    BOOST_TEST(d.get("/rules/count", {{"enabled", "false"}}).at("/count").as_int64() == 2);
    const auto none = d.post("/rules/bulk", R"({"action":"delete","ids":["a","none"],"atomic":true})");
    BOOST_TEST(is(none, problem_code::conflict));
    BOOST_TEST(none.faults() == "ids[1]");
    BOOST_TEST(d.get("/rules/count").at("/count").as_int64() == 3);
    const auto moved = d.post("/rules/bulk", R"({"action":"lifecycle","ids":["a"],"to":"test"})");
    BOOST_TEST(moved.at("/succeeded").as_int64() == 1);
    const auto created =
        d.post("/rules/bulk", R"({"action":"create","items":[{"name":"n","severity":"low","query":"x"},)"
                              R"({"name":"n"},{"id":"a","name":"n","severity":"low","query":"x"}]})");
    BOOST_TEST(created.at("/succeeded").as_int64() == 1);
    BOOST_TEST(created.at("/items/1/id").is_null());
    BOOST_TEST(created.text("/items/2/detail") == "`id` is taken");
    BOOST_TEST(d.post("/rules/bulk", R"({"action":"delete","ids":["a","b","c"]})").at("/succeeded").as_int64() == 3);
    for (const auto& [body, at] : std::vector<std::pair<std::string, std::string>>{
             {"{}", "action"},
             {R"({"action":"x","ids":["a"]})", "action"},
             {R"({"action":"delete"})", "ids"},
             {R"({"action":"delete","ids":[]})", "ids"},
             {R"({"action":"delete","ids":[1]})", "ids[0]"},
             {R"({"action":"delete","ids":["a"],"patch":{}})", "patch"},
             {R"({"action":"patch","ids":["a"],"patch":{"id":"b"}})", "patch.id"},
             {R"({"action":"patch","ids":["a"]})", "patch"},
             {R"({"action":"lifecycle","ids":["a"],"to":"x"})", "to"},
             {R"({"action":"create","ids":["a"]})", "items ids"},
             {R"({"action":"delete","ids":["a"],"atomic":1})", "atomic"},
             {R"({"action":"delete","ids":["a"],"y":1})", "y"}})
        BOOST_TEST(d.post("/rules/bulk", body).faults() == at, body);
}

BOOST_AUTO_TEST_CASE(words_of_the_routes_are_no_ids) {
    for (const char* word : {"count", "facets", "import", "export", "validate", "bulk"})
        BOOST_TEST(d.post("/rules", query_rule(word)).faults() == "id", word);
    BOOST_TEST(!d.post("/rules", query_rule("versions")).refused.has_value());
    BOOST_TEST(!d.post("/alerts", R"({"id":"export","title":"t","severity":"low"})").refused.has_value());
    BOOST_TEST(d.post("/alerts", R"({"id":"stats","title":"t","severity":"low"})").faults() == "id");
}

BOOST_AUTO_TEST_CASE(an_alert_names_a_rule_that_is_there_and_still_does_when_it_is_gone) {
    BOOST_TEST(d.post("/alerts", R"({"title":"t","severity":"low","rule_id":"q"})").faults() == "rule_id");
    d.post("/rules", query_rule("q"));
    BOOST_TEST(d.post("/alerts", R"({"id":"a","title":"t","severity":"low","rule_id":"q"})").text("/rule_id") == "q");
    BOOST_TEST(d.count("SELECT count(*) FROM alerts JOIN rules ON rules.seq = alerts.rule") == 1);
    BOOST_TEST(d.get("/alerts/count", {{"rule_id", "q"}}).at("/count").as_int64() == 1);
    BOOST_TEST(!d.remove("/rules/q").refused.has_value());
    BOOST_TEST(d.count("SELECT count(*) FROM alerts WHERE rule IS NULL") == 1);
    BOOST_TEST(d.get("/alerts/a").text("/rule_id") == "q");
    d.post("/rules", query_rule("q"));
    BOOST_TEST(d.count("SELECT count(*) FROM alerts JOIN rules ON rules.seq = alerts.rule") == 1);
}

BOOST_AUTO_TEST_CASE(a_clone_begins_its_own_life) {
    d.post("/rules", query_rule("q", R"(,"tags":["x"])"));
    d.post("/rules/q/lifecycle", R"({"to":"test"})");
    const auto made = d.post("/rules/q/clone", "{}");
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.text("/lifecycle") == "experimental");
    BOOST_TEST(!made.at("/enabled").as_bool());
    BOOST_TEST(made.at("/version").as_int64() == 1);
    BOOST_TEST(d.count("SELECT count(*) FROM rules_tags WHERE item = 'x'") == 2);
}

BOOST_AUTO_TEST_CASE(counters_add_up_and_false_positives_are_told) {
    d.post("/rules", query_rule("q"));
    BOOST_TEST(d.get("/rules/q/performance").at("/evaluations").as_int64() == 0);
    d.post("/rules/q/performance", R"({"evaluations":3,"matches":1,"seconds":0.5,"seconds_max":0.25})");
    const auto sum = d.post("/rules/q/performance", R"({"evaluations":1,"seconds":0.5,"seconds_max":0.5})");
    BOOST_TEST(sum.at("/evaluations").as_int64() == 4);
    BOOST_TEST(sum.at("/seconds_average").to_number<double>() == 0.25);
    BOOST_TEST(sum.at("/seconds_max").to_number<double>() == 0.5);
    BOOST_TEST(d.post("/rules/q/performance", R"({"matches":1})").faults() == "evaluations");
    const auto report = d.post("/rules/q/false-positives", R"({"note":"a backup"})");
    BOOST_TEST_REQUIRE(!report.refused.has_value());
    BOOST_TEST(report.text("/rule_id") == "q");
    BOOST_TEST(d.post("/rules/q/false-positives", R"({"alert_id":"none"})").faults() == "alert_id");
    BOOST_TEST(is(d.post("/rules/none/false-positives", "{}"), problem_code::not_found));
    BOOST_TEST(items(d.get("/rules/q/false-positives")) == 1);
    BOOST_TEST(d.get("/rules/q/performance").at("/false_positives").as_int64() == 1);
    BOOST_TEST(!d.remove("/rules/q").refused.has_value());
    BOOST_TEST(d.count("SELECT count(*) FROM false_positive_reports") == 0);
}

BOOST_AUTO_TEST_CASE(counters_stay_whole_numbers_however_much_is_counted) {
    d.post("/rules", query_rule("q"));
    const auto most = [&] {
        return d.post("/rules/q/performance", R"({"evaluations":9007199254740992,"matches":9007199254740991})");
    };
    most();
    BOOST_TEST(most().at("/evaluations").as_int64() == 18'014'398'509'481'984);
    BOOST_TEST(d.get("/rules/q/performance").at("/matches").as_int64() == 18'014'398'509'481'982);
    for (int i = 0; i < 1100; ++i) most();
    BOOST_TEST(d.get("/rules/q/performance").at("/evaluations").as_int64() == std::numeric_limits<std::int64_t>::max());
    BOOST_TEST(d.count("SELECT count(*) FROM rule_performance WHERE typeof(evaluations) = 'integer'") == 1);
}

BOOST_AUTO_TEST_CASE(the_slowest_rules_are_listed_first) {
    const auto named = [](const answer& of) {
        std::string all;
        const auto list = of.json();
        for (const auto& each : list.at("items").as_array())
            all.append(all.empty() ? "" : " ").append(each.at("id").as_string().c_str());
        return all;
    };
    for (const char* each : {"fast", "heavy", "often", "even", "never"}) d.post("/rules", query_rule(each));
    const auto count = [&](const char* id, const char* body) {
        d.post("/rules/" + std::string(id) + "/performance", body);
    };
    count("fast", R"({"evaluations":10,"seconds":0.001,"seconds_max":0.0005})");
    count("heavy", R"({"evaluations":2,"matches":1,"seconds":1,"seconds_max":0.75})");
    count("often", R"({"evaluations":1000,"seconds":20})");
    count("even", R"({"evaluations":50,"seconds":1})");
    d.post("/rules/never/false-positives", "{}");  // counted, and not evaluated
    const auto all = d.get("/rules/slow");
    BOOST_TEST(named(all) == "heavy even often fast");
    BOOST_TEST(all.at("/items/0/seconds_average").to_number<double>() == 0.5);
    BOOST_TEST(all.at("/items/0/seconds_max").to_number<double>() == 0.75);
    BOOST_TEST(all.at("/items/0/matches").as_int64() == 1);
    BOOST_TEST(all.at("/items/0/evaluations").as_int64() == 2);
    BOOST_TEST(all.text("/items/0/name") == d.get("/rules/heavy").text("/name"));
    BOOST_TEST(named(d.get("/rules/slow", {{"threshold_ms", "20"}})) == "heavy even often");
    BOOST_TEST(named(d.get("/rules/slow", {{"threshold_ms", "21"}})) == "heavy");
    BOOST_TEST(named(d.get("/rules/slow", {{"limit", "2"}})) == "heavy even");
    BOOST_TEST(d.get("/rules/slow", {{"limit", "0"}}).faults() == "limit");
    BOOST_TEST(d.get("/rules/slow", {{"limit", "1001"}}).faults() == "limit");
    BOOST_TEST(d.get("/rules/slow", {{"threshold_ms", "-1"}}).faults() == "threshold_ms");
}

BOOST_AUTO_TEST_SUITE_END()
