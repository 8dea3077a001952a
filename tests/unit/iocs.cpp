// Indicators: what is taken, how they are found, and what they belong to.
#include "siem/indicators.hpp"

#include "support/investigations.hpp"
#include "support/plans.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::outcome;
using carrel::siem::problem_code;
using carrel::testing::answer;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(iocs)

namespace {

std::string made(domain& d, const std::string& body) {
    const auto got = d.post("/iocs", body);
    BOOST_REQUIRE(!got.refused.has_value());
    return got.text("/id");
}

// The values of a list, in its order.
std::string values(domain& d, const domain::query& wanted, std::string_view path = "/iocs") {
    const auto got = d.get(path, wanted);
    BOOST_REQUIRE(!got.refused.has_value());
    std::string all;
    const auto answered = got.json();
    for (const auto& item : answered.at("items").as_array())
        (all += all.empty() ? "" : " ") += item.at("value").as_string().c_str();
    return all;
}

std::int64_t count(domain& d, const domain::query& wanted) {
    return d.get("/iocs/count", wanted).at("/count").as_int64();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_one_is_normalized_and_answered_whole) {
    domain d;
    const auto got = d.post("/iocs", R"({"id":"i","type":"domain","value":"Evil[.]Example.COM."})");
    BOOST_TEST((got.reply.kind == outcome::created));
    BOOST_TEST(got.reply.location == "/api/v1/iocs/i");
    const std::string expected =
        R"({"id":"i","version":1,"created_at":"2023-11-14T22:13:20.000000Z","updated_at":"2023-11-14T22:13:20.000000Z",)"
        R"("type":"domain","value":"Evil[.]Example.COM.","normalized":"evil.example.com","status":"active",)"
        R"("severity":"medium","confidence":50,"description":null,"tags":[],"source":null,"references":[],)"
        R"("mitre_techniques":[],"threat_intel":null,"first_seen":null,"last_seen":null,)"
        R"("expires_at":"2024-01-13T22:13:20.000000Z","hit_count":0,"feed_id":null,"external_id":null,)"
        R"("imported_at":null,"created_by":null,"updated_by":null})";
    BOOST_TEST(got.reply.body == expected);
    BOOST_TEST(d.get("/iocs/i").reply.body == expected);
}

BOOST_AUTO_TEST_CASE(a_type_that_is_left_out_is_guessed) {
    domain d;
    const auto type = [&](const std::string& value) { return d.post("/iocs", R"({"value":")" + value + R"("})"); };
    BOOST_TEST(type("192.0.2.1").text("/type") == "ip");
    BOOST_TEST(type("192.0.2.0/24").text("/type") == "cidr");
    BOOST_TEST(type("hxxps://evil[.]example/a").text("/type") == "url");
    BOOST_TEST(type("cve-2021-44228").text("/normalized") == "CVE-2021-44228");
    BOOST_TEST(type("no kind at all").faults() == "type");
}

BOOST_AUTO_TEST_CASE(it_expires_as_its_type_does_unless_someone_says_when) {
    domain d;
    const auto expiry = [&](const std::string& body) { return d.post("/iocs", body).at("/expires_at"); };
    BOOST_TEST(expiry(R"({"type":"ip","value":"192.0.2.1"})").as_string() == "2023-12-14T22:13:20.000000Z");
    BOOST_TEST(expiry(R"({"type":"ip","value":"192.0.2.2","expires_at":null})").is_null());
    BOOST_TEST(expiry(R"({"type":"ip","value":"192.0.2.3","expires_at":"2030-01-01T00:00:00Z"})").as_string() ==
               "2030-01-01T00:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(every_fault_of_a_body_is_named) {
    domain d;
    const auto faults = [&](const std::string& body) { return d.post("/iocs", body).faults(); };
    BOOST_TEST(faults("{}") == "type value");
    BOOST_TEST(faults(R"({"type":"ip","value":"300.1.1.1"})") == "value");
    BOOST_TEST(faults(R"({"type":"bad","value":"x"})") == "type");
    const std::string good = R"({"type":"ip","value":"192.0.2.1",)";
    BOOST_TEST(faults(good + R"("severity":"info"})") == "severity");
    BOOST_TEST(faults(good + R"("status":"gone"})") == "status");
    BOOST_TEST(faults(good + R"("confidence":100.5})") == "confidence");
    BOOST_TEST(faults(good + R"("confidence":-1})") == "confidence");
    BOOST_TEST(faults(good + R"("threat_intel":[]})") == "threat_intel");
    BOOST_TEST(faults(good + R"("hit_count":3,"normalized":"x","feed_id":"f"})") == "normalized hit_count feed_id");
    BOOST_TEST(faults(good + R"("description":")" + std::string(2001, 'x') + "\"}") == "description");
    BOOST_TEST(faults(good + R"("first_seen":"2024-01-02T00:00:00Z","last_seen":"2024-01-01T00:00:00Z"})") ==
               "first_seen");
    BOOST_TEST(faults(R"({"type":"url","value":"http://a.example/)" + std::string(4096, 'x') + "\"}") == "value");
    BOOST_TEST(count(d, {}) == 0);
}

BOOST_AUTO_TEST_CASE(the_same_in_another_writing_is_known) {
    domain d;
    made(d, R"({"type":"url","value":"http://Evil.example:80"})");
    const auto again = d.post("/iocs", R"({"type":"url","value":"hxxp://evil[.]example/#top"})");
    BOOST_TEST(is(again, problem_code::conflict));
    BOOST_TEST(again.faults() == "value");
    BOOST_TEST(again.refused->faults.front().detail == "is already known");
    // Of another type it is another one.
    made(d, R"({"type":"hash","value":"d41d8cd98f00b204e9800998ecf8427e"})");
    made(d, R"({"type":"ja3","value":"d41d8cd98f00b204e9800998ecf8427e"})");
}

BOOST_AUTO_TEST_CASE(a_change_of_type_or_value_normalizes_again) {
    domain d;
    made(d, R"({"id":"a","type":"hash","value":"D41D8CD98F00B204E9800998ECF8427E"})");
    made(d, R"({"id":"b","type":"ip","value":"192.0.2.1"})");
    BOOST_TEST(d.patch("/iocs/a", R"({"type":"ja3"})").text("/normalized") == "d41d8cd98f00b204e9800998ecf8427e");
    BOOST_TEST(d.patch("/iocs/b", R"({"value":"192[.]0.2.9"})").text("/normalized") == "192.0.2.9");
    BOOST_TEST(d.patch("/iocs/b", R"({"value":"nothing"})").faults() == "value");
    BOOST_TEST(d.patch("/iocs/b", R"({"type":"domain"})").faults() == "value");
    made(d, R"({"type":"ip","value":"192.0.2.7"})");
    BOOST_TEST(is(d.patch("/iocs/b", R"({"value":"192.0.2.7"})"), problem_code::conflict));
    BOOST_TEST(d.get("/iocs/b").text("/normalized") == "192.0.2.9");
    const auto whole = d.put("/iocs/b", R"({"type":"domain","value":"B.example"})");
    BOOST_TEST(whole.text("/normalized") == "b.example");
    BOOST_TEST(whole.at("/confidence").to_number<double>() == 50.0);
}

BOOST_AUTO_TEST_CASE(a_stale_version_changes_nothing) {
    domain d;
    made(d, R"({"id":"a","type":"ip","value":"192.0.2.1"})");
    BOOST_TEST(d.patch("/iocs/a", R"({"severity":"high"})").reply.version == 2);
    const auto stale = [](carrel::siem::call& request) {
        request.conditions.if_match = {.any = false, .versions = {1}};
    };
    BOOST_TEST(is(d.patch("/iocs/a", R"({"severity":"low"})", stale), problem_code::stale_version));
    BOOST_TEST(is(d.remove("/iocs/a", stale), problem_code::stale_version));
    BOOST_TEST(!d.remove("/iocs/a").refused.has_value());
    BOOST_TEST(is(d.get("/iocs/a"), problem_code::not_found));
    BOOST_TEST(d.count("SELECT count(*) FROM iocs_facets") == 0);
}

BOOST_AUTO_TEST_CASE(lists_are_narrowed_and_sorted) {
    domain d;
    made(d, R"({"type":"ip","value":"192.0.2.1","severity":"high","tags":["x","y"],"source":"one","confidence":90})");
    d.now += 1'000'000;
    made(
        d,
        R"({"type":"domain","value":"evil.example","status":"deprecated","mitre_techniques":["T1071"],"confidence":20})");
    d.now += 1'000'000;
    made(d, R"({"type":"ip","value":"192.0.2.9","severity":"low","tags":["x"],"description":"Command and control"})");
    BOOST_TEST(values(d, {}) == "192.0.2.9 evil.example 192.0.2.1");
    BOOST_TEST(values(d, {{"sort", "created_at"}}) == "192.0.2.1 evil.example 192.0.2.9");
    BOOST_TEST(values(d, {{"sort", "-severity"}}) == "192.0.2.1 evil.example 192.0.2.9");
    BOOST_TEST(values(d, {{"sort", "-confidence"}}) == "192.0.2.1 192.0.2.9 evil.example");
    BOOST_TEST(values(d, {{"type", "ip"}}) == "192.0.2.9 192.0.2.1");
    BOOST_TEST(values(d, {{"type", "ip"}, {"severity", "high"}}) == "192.0.2.1");
    BOOST_TEST(values(d, {{"type", "ip"}, {"type", "domain"}, {"status", "active"}}) == "192.0.2.9 192.0.2.1");
    BOOST_TEST(values(d, {{"source", "one"}}) == "192.0.2.1");
    BOOST_TEST(values(d, {{"tag", "x"}}) == "192.0.2.9 192.0.2.1");
    BOOST_TEST(values(d, {{"mitre_technique", "T1071"}}) == "evil.example");
    BOOST_TEST(values(d, {{"min_confidence", "50"}, {"sort", "confidence"}}) == "192.0.2.9 192.0.2.1");
    BOOST_TEST(values(d, {{"q", "command"}}) == "192.0.2.9");
    BOOST_TEST(values(d, {{"q", "evil.example"}}) == "evil.example");
    BOOST_TEST(values(d, {{"from", "2023-11-14T22:13:21Z"}, {"to", "2023-11-14T22:13:22Z"}}) == "evil.example");
    BOOST_TEST(values(d, {{"value", "EVIL[.]example"}}) == "evil.example");
    BOOST_TEST(values(d, {{"value", "none.example"}}).empty());
    BOOST_TEST(d.get("/iocs", {{"sort", "value"}}).faults() == "sort");
    BOOST_TEST(d.get("/iocs", {{"type", "bad"}}).faults() == "type");
    BOOST_TEST(count(d, {{"type", "ip"}, {"type", "domain"}}) == 3);
    BOOST_TEST(count(d, {{"tag", "y"}}) == 1);
    BOOST_TEST(count(d, {{"value", "192[.]0[.]2[.]1"}}) == 1);
    BOOST_TEST(d.get("/iocs", {{"status", "active"}, {"count", "true"}, {"sort", "severity"}}).at("/total") == 2);
}

// More rows than are sorted rather than come across: the walk in the list's order answers the same.
BOOST_AUTO_TEST_CASE(a_list_of_many_answers_as_one_of_few) {
    domain d;
    std::string list;
    for (int i = 0; i < 2100; ++i) list += "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "\n";
    BOOST_REQUIRE(!d.post_file("/iocs/import", list, {{"format", "list"}, {"source", "many"}}).refused.has_value());
    d.now += 1'000'000;
    made(d, R"({"type":"ip","value":"192.0.2.1","severity":"high","confidence":10,"source":"many"})");
    made(d, R"({"type":"domain","value":"evil.example","confidence":5})");
    BOOST_TEST(values(d, {{"type", "ip"}, {"limit", "1"}}) == "192.0.2.1");
    BOOST_TEST(values(d, {{"type", "ip"}, {"source", "many"}, {"status", "active"}, {"limit", "1"}}) == "192.0.2.1");
    BOOST_TEST(values(d, {{"type", "ip"}, {"sort", "confidence"}, {"limit", "1"}}) == "192.0.2.1");
    BOOST_TEST(values(d, {{"type", "ip"}, {"type", "domain"}, {"sort", "confidence"}, {"limit", "2"}}) ==
               "evil.example 192.0.2.1");
    std::size_t seen = 0;
    std::string cursor;
    do {
        domain::query wanted{{"type", "ip"}, {"sort", "-severity"}, {"limit", "500"}};
        if (!cursor.empty()) wanted.emplace_back("cursor", cursor);
        const auto page = d.get("/iocs", wanted).json();
        seen += page.at("items").as_array().size();
        cursor = page.at("next").is_null() ? "" : page.at("next").as_string().c_str();
    } while (!cursor.empty());
    BOOST_TEST(seen == 2101u);
}

BOOST_AUTO_TEST_CASE(filters_of_few_values_go_by_an_index_in_the_order_of_the_list) {
    domain d;
    // Of many rows, too: nothing is sorted that is of few values alone.
    const std::vector<carrel::value> bound{std::int64_t{0}, std::int64_t{1}, std::int64_t{51}};
    for (const auto& [condition, order, index] :
         {std::tuple{"type = ? AND +severity = ?", "created_at", "iocs_by_type_and_time (type=?)"},
          {"severity = ? AND +status = ?", "created_at", "iocs_by_severity_and_time (severity=?)"},
          {"status = ? AND +type <> ?", "created_at", "iocs_by_status_and_time (status=?)"},
          {"+type = ? AND +severity = ?", "confidence", "SCAN iocs USING INDEX iocs_by_confidence"},
          {"+type = ? AND +severity = ?", "hit_count", "SCAN iocs USING INDEX iocs_by_hits"},
          {"+type = ? AND +severity = ?", "updated_at", "SCAN iocs USING INDEX iocs_by_change"}}) {
        const auto plan = carrel::testing::plan_of(
            d,
            std::string("SELECT value FROM iocs WHERE ") + condition + " ORDER BY " + order + " DESC, id DESC LIMIT ?",
            bound);
        BOOST_TEST(plan.find(index) != plan.npos, plan);
        BOOST_TEST(plan.find("TEMP B-TREE") == plan.npos, plan);
    }
    const auto found = carrel::testing::plan_of(d, "SELECT id FROM iocs WHERE normalized = ? AND type = ?",
                                                std::vector<carrel::value>{std::string("x"), std::int64_t{0}});
    BOOST_TEST(found.find("iocs_by_value (normalized=? AND type=?)") != found.npos, found);
}

BOOST_AUTO_TEST_CASE(facets_and_statistics_count_without_looking_at_rows) {
    domain d;
    made(d, R"({"id":"a","type":"ip","value":"192.0.2.1","severity":"critical","source":"one"})");
    made(d, R"({"type":"ip","value":"192.0.2.2"})");
    made(d, R"({"type":"domain","value":"evil.example","status":"whitelist"})");
    d.patch("/iocs/a", R"({"severity":"high","source":null})");
    const auto facets = d.get("/iocs/facets", {{"type", "ip"}});
    BOOST_TEST(facets.at("/total") == 2);
    BOOST_TEST(facets.at("/facets/type/0/count") == 2);
    BOOST_TEST(facets.at("/facets/severity").as_array().size() == 2u);
    BOOST_TEST(facets.at("/facets/source/0/value").is_null());
    const auto stats = d.get("/iocs/stats");
    BOOST_TEST(stats.at("/total") == 3);
    BOOST_TEST(stats.at("/by_type/ip") == 2);
    BOOST_TEST(stats.at("/by_type/ja3") == 0);
    BOOST_TEST(stats.at("/by_status/whitelist") == 1);
    BOOST_TEST(stats.at("/by_severity/high") == 1);
    BOOST_TEST(stats.at("/by_severity/critical") == 0);
}

BOOST_AUTO_TEST_CASE(many_are_created_changed_and_deleted_each_with_its_result) {
    domain d;
    made(d, R"({"id":"known","type":"ip","value":"192.0.2.1"})");
    const auto created = d.post("/iocs/bulk", R"({"action":"create","items":[{"id":"n","type":"ip","value":"192.0.2.2"},
        {"type":"ip","value":"192.0.2.1"},{"type":"ip","value":"bad"},{"id":"m","value":"192.0.2[.]3"}]})");
    BOOST_TEST(created.at("/succeeded") == 2);
    BOOST_TEST(created.at("/items/0/ok").as_bool());
    BOOST_TEST(created.text("/items/1/detail").find("is already known") != std::string::npos);
    BOOST_TEST(!created.at("/items/2/ok").as_bool());
    BOOST_TEST(count(d, {}) == 3);
    const auto changed =
        d.post("/iocs/bulk", R"({"action":"patch","ids":["known","n","none"],"patch":{"status":"archived"}})");
    BOOST_TEST(changed.at("/succeeded") == 2);
    BOOST_TEST(count(d, {{"status", "archived"}}) == 2);
    const auto undone = d.post(
        "/iocs/bulk", R"({"action":"create","atomic":true,"items":[{"value":"192.0.2.8"},{"value":"192.0.2.1"}]})");
    BOOST_TEST(is(undone, problem_code::conflict));
    BOOST_TEST(count(d, {}) == 3);
    BOOST_TEST(d.post("/iocs/bulk", R"({"action":"delete","ids":["known","n"]})").at("/succeeded") == 2);
    BOOST_TEST(count(d, {}) == 1);
}

BOOST_AUTO_TEST_CASE(alerts_and_indicators_are_linked_and_found_from_both_sides) {
    domain d;
    made(d, R"({"id":"i","type":"ip","value":"192.0.2.1"})");
    made(d, R"({"id":"j","type":"ip","value":"192.0.2.2"})");
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    d.post("/alerts", R"({"id":"b","title":"t","severity":"low"})");
    for (int twice = 0; twice < 2; ++twice)
        BOOST_TEST((d.put("/iocs/i/alerts/a", "").reply.kind == outcome::no_content));
    BOOST_TEST(is(d.put("/iocs/none/alerts/a", ""), problem_code::not_found));
    BOOST_TEST(is(d.put("/iocs/i/alerts/none", ""), problem_code::not_found));
    BOOST_TEST(d.get("/iocs/i/alerts").at("/items").as_array().size() == 1u);
    BOOST_TEST(values(d, {}, "/alerts/a/iocs") == "192.0.2.1");
    BOOST_TEST(values(d, {{"alert_id", "a"}}) == "192.0.2.1");
    BOOST_TEST(d.get("/alerts", {{"ioc_id", "i"}}).text("/items/0/id") == "a");
    BOOST_TEST(d.get("/alerts", {{"ioc_id", "j"}}).at("/items").as_array().empty());
    BOOST_TEST((d.remove("/iocs/i/alerts/a").reply.kind == outcome::no_content));
    BOOST_TEST(is(d.remove("/iocs/i/alerts/a"), problem_code::not_found));
    d.put("/iocs/i/alerts/b", "");
    d.remove("/iocs/i");
    BOOST_TEST(d.get("/alerts/b/iocs").at("/items").as_array().empty());
}

BOOST_AUTO_TEST_CASE(investigations_and_indicators_are_linked_and_found_from_both_sides) {
    domain d;
    made(d, R"({"id":"i","type":"ip","value":"192.0.2.1"})");
    d.post("/investigations", R"({"id":"c","title":"t","priority":"high"})");
    BOOST_TEST((d.put("/iocs/i/investigations/c", "").reply.kind == outcome::no_content));
    BOOST_TEST(is(d.put("/iocs/i/investigations/none", ""), problem_code::not_found));
    BOOST_TEST(values(d, {}, "/investigations/c/iocs") == "192.0.2.1");
    BOOST_TEST(d.get("/iocs/i/investigations").text("/items/0/id") == "c");
    for (const char* status : {"in_progress", "resolved"})
        d.post("/investigations/c/status", R"({"status":")" + std::string(status) + "\"}");
    BOOST_TEST(!d.post("/investigations/c/close", carrel::testing::closure).refused.has_value());
    BOOST_TEST(is(d.remove("/iocs/i/investigations/c"), problem_code::conflict));
    d.post("/iocs", R"({"id":"j","value":"192.0.2.2","severity":"low"})");
    BOOST_TEST(is(d.put("/iocs/j/investigations/c", ""), problem_code::conflict));
    BOOST_TEST(values(d, {}, "/investigations/c/iocs") == "192.0.2.1");
    BOOST_TEST((d.remove("/investigations/c").reply.kind == outcome::no_content));
    BOOST_TEST(d.get("/iocs/i/investigations").at("/items").as_array().empty());
}

BOOST_AUTO_TEST_CASE(what_has_expired_is_archived_a_bounded_step_at_a_time) {
    domain d;
    std::string list;
    for (int i = 0; i < 450; ++i) list += "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "\n";
    d.post_file("/iocs/import", list);
    made(d, R"({"id":"keeps","type":"ip","value":"192.0.2.1","expires_at":null})");
    made(d, R"({"id":"white","type":"ip","value":"192.0.2.2","status":"whitelist"})");
    const auto archive = [&](std::int64_t days) {
        return d
            .write([&](carrel::write_session& session) {
                return carrel::siem::archive_expired(session, d.now + days * 86'400'000'000);
            })
            .value();
    };
    BOOST_TEST(archive(29) == 0);
    BOOST_TEST(archive(30) == 200);
    BOOST_TEST(archive(30) == 200);
    BOOST_TEST(archive(30) == 50);
    BOOST_TEST(archive(30) == 0);
    BOOST_TEST(count(d, {{"status", "archived"}}) == 450);
    BOOST_TEST(d.get("/iocs/keeps").text("/status") == "active");
    BOOST_TEST(d.get("/iocs/white").text("/status") == "whitelist");
    const auto one = d.get("/iocs", {{"status", "archived"}, {"limit", "1"}}).text("/items/0/id");
    BOOST_TEST(d.get("/iocs/" + one + "/history").text("/items/0/note") == "it has expired");
}

BOOST_AUTO_TEST_SUITE_END()
