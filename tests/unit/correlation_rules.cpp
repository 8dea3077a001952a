#include "siem/correlation_rules.hpp"

#include "support/domain.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::testing;
using carrel::siem::call;
using carrel::siem::method;
using carrel::siem::outcome;
using carrel::siem::problem_code;

BOOST_AUTO_TEST_SUITE(correlation_rules)

namespace {

std::string body(std::string_view sequence = R"([{"query":"a"}])", std::string_view more = "") {
    return R"({"name":"n","severity":"high","window_s":300,"sequence":)" + std::string(sequence) + std::string(more) +
           "}";
}

void add_rule(domain& d, const std::string& id) {
    BOOST_REQUIRE(!d.post("/rules", R"({"id":")" + id + R"(","name":"r","type":"query","severity":"low","query":"a"})")
                       .refused.has_value());
}

void add_action(domain& d, const std::string& id) {
    BOOST_REQUIRE(
        !d.post("/actions",
                R"({"id":")" + id + R"(","name":"a","type":"webhook","config":{"url":"https://example.org/hook"}})")
             .refused.has_value());
}

// A count of one rule's events by host.
std::string document(const std::string& rule = "r", std::string_view more = "") {
    return R"("title: Many logons\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [)" + rule +
           R"(]\n  group-by: [host]\n  timespan: 5m\n  condition: {gte: 10}\n)" + std::string(more) + "\"";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_one_is_answered_whole) {
    domain d;
    add_rule(d, "r");
    add_action(d, "act-1");
    const auto made = d.post("/correlation-rules",
                             body(R"([{"rule_id":"r"},{"query":"host:web-1"}])",
                                  R"(,"id":"c","group_by":["user.name"],"conditions":["NOT a"],"actions":["act-1"])"),
                             [](call& request) { request.principal = "ana"; });
    BOOST_TEST((made.reply.kind == outcome::created));
    BOOST_TEST(made.reply.location == "/api/v1/correlation-rules/c");
    const std::string expected =
        R"({"id":"c","version":1,"created_at":"2023-11-14T22:13:20.000000Z","updated_at":"2023-11-14T22:13:20.000000Z",)"
        R"("name":"n","description":null,"severity":"high","enabled":true,"type":"temporal_ordered","window_s":300,)"
        R"("conditions":["NOT a"],"sequence":[{"rule_id":"r"},{"query":"host:web-1"}],"group_by":["user.name"],)"
        R"("actions":["act-1"],"sigma_yaml":null,"created_by":"ana","updated_by":"ana"})";
    BOOST_TEST(made.reply.body == expected);
    BOOST_TEST(d.get("/correlation-rules/c").reply.body == expected);
}

BOOST_AUTO_TEST_CASE(every_fault_of_a_body_is_named) {
    domain d;
    BOOST_TEST(d.post("/correlation-rules", "{}").faults() == "name severity window_s sequence");
    const auto with = [&](std::string_view more) {
        return d.post("/correlation-rules", body("[{\"query\":\"a\"}]", more));
    };
    BOOST_TEST(with(R"(,"type":"event_count")").faults() == "type");
    BOOST_TEST(with(R"(,"type":"other")").faults() == "type");
    BOOST_TEST(with(R"(,"conditions":["a","(b"])").faults() == "conditions[1]");
    BOOST_TEST(with(R"(,"rule_ids":["r"])").faults() == "rule_ids");
    for (const char* window : {"0", "-1", "1.5", "316224001", "\"5m\"", "18446744073709551615"})
        BOOST_TEST(
            d.post("/correlation-rules",
                   R"({"name":"n","severity":"low","sequence":[{"query":"a"}],"window_s":)" + std::string(window) + "}")
                .faults() == "window_s");
    BOOST_TEST(d.get("/correlation-rules/count").at("/count").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(a_sequence_is_rules_that_exist_and_queries) {
    domain d;
    add_rule(d, "r");
    const auto faults = [&](const std::string& sequence) {
        return d.post("/correlation-rules", body(sequence)).faults();
    };
    BOOST_TEST(faults(R"([{"rule_id":"r"},{"rule_id":"r"},{"query":"b"}])") == "");
    BOOST_TEST(faults(R"([{"query":"b"},{"rule_id":"none"},{"rule_id":"x' OR 1"}])") == "sequence[2].rule_id");
    BOOST_TEST(faults(R"([{"query":"b"},{"rule_id":"none"},{"rule_id":"r"},{"rule_id":"no"}])") ==
               "sequence[1].rule_id sequence[3].rule_id");
    BOOST_TEST(faults(R"([{"query":"b"},{"query":"host:(a"}])") == "sequence[1].query");
    BOOST_TEST(faults(R"([{"query":"b","rule_id":"r"},{},7,{"other":"x"},{"query":1}])") ==
               "sequence[0] sequence[1] sequence[2] sequence[3] sequence[4]");
    BOOST_TEST(faults("[]") == "sequence");
    BOOST_TEST(faults("{}") == "sequence");
    BOOST_TEST(faults("null") == "sequence");
    std::string many = "[";
    for (int i = 0; i < 51; ++i) many += (i == 0 ? "" : ",") + std::string(R"({"query":"b"})");
    BOOST_TEST(faults(many + "]") == "sequence");
}

BOOST_AUTO_TEST_CASE(a_rule_of_a_sequence_stays) {
    domain d;
    add_rule(d, "r");
    add_rule(d, "s");
    d.post("/correlation-rules", body(R"([{"rule_id":"r"}])", R"(,"id":"c")"));
    BOOST_TEST(is(d.remove("/rules/r"), problem_code::conflict));
    BOOST_TEST(d.patch("/correlation-rules/c", R"({"sequence":[{"rule_id":"none"}]})").faults() ==
               "sequence[0].rule_id");
    BOOST_TEST(is(d.remove("/rules/r"), problem_code::conflict));
    BOOST_TEST(d.patch("/correlation-rules/c", R"({"sequence":[{"rule_id":"s"}]})").faults() == "");
    BOOST_TEST(!d.remove("/rules/r").refused.has_value());
    d.remove("/correlation-rules/c");
    BOOST_TEST(!d.remove("/rules/s").refused.has_value());
}

BOOST_AUTO_TEST_CASE(a_sigma_document_says_all_there_is_to_say) {
    domain d;
    add_rule(d, "r");
    const auto made = d.post("/correlation-rules", R"({"id":"c","sigma_yaml":)" + document() + "}");
    BOOST_TEST(made.faults() == "");
    BOOST_TEST(made.text("/name") == "Many logons");
    BOOST_TEST(made.text("/severity") == "high");
    BOOST_TEST(made.text("/type") == "event_count");
    BOOST_TEST(made.at("/window_s").as_int64() == 300);
    BOOST_TEST(made.text("/sequence/0/rule_id") == "r");
    BOOST_TEST(made.text("/group_by/0") == "host");
    BOOST_TEST(d.count("SELECT count(*) FROM correlation_rules WHERE tree IS NOT NULL") == 1);
    BOOST_TEST(is(d.remove("/rules/r"), problem_code::conflict));
}

BOOST_AUTO_TEST_CASE(what_a_sigma_document_says_is_not_said_otherwise) {
    domain d;
    add_rule(d, "r");
    add_rule(d, "s");
    const auto with = [&](std::string_view more) {
        return d.post("/correlation-rules", R"({"sigma_yaml":)" + document() + std::string(more) + "}").faults();
    };
    BOOST_TEST(with(R"(,"window_s":301)") == "window_s");
    BOOST_TEST(with(R"(,"type":"temporal","sequence":[{"query":"a"}],"group_by":[])") == "type sequence group_by");
    BOOST_TEST(with(R"(,"id":"c","window_s":300,"severity":"low","name":"Mine")") == "");
    BOOST_TEST(d.get("/correlation-rules/c").text("/name") == "Mine");
    BOOST_TEST(d.patch("/correlation-rules/c", R"({"window_s":10})").faults() == "window_s");
    BOOST_TEST(d.patch("/correlation-rules/c", R"({"sequence":[{"rule_id":"s"}]})").faults() == "sequence");
    BOOST_TEST(d.patch("/correlation-rules/c", R"({"enabled":false})").faults() == "");
    // What a client reads it can send back, and it changes nothing.
    const auto now = d.get("/correlation-rules/c").json().as_object();
    auto whole = now;
    for (const char* of_server : {"version", "created_at", "updated_at", "created_by", "updated_by"})
        whole.erase(of_server);
    const auto again = d.send(method::put, "/correlation-rules/c", boost::json::serialize(whole), {});
    BOOST_TEST(again.faults() == "");
    BOOST_TEST(again.json() == boost::json::value(now));
    const auto other = d.patch("/correlation-rules/c", R"({"sigma_yaml":)" + document("s") + "}");
    BOOST_TEST(other.text("/sequence/0/rule_id") == "s");
    BOOST_TEST(d.patch("/correlation-rules/c", R"({"sigma_yaml":null})").faults() == "type");
    BOOST_TEST(d.patch("/correlation-rules/c", R"({"sigma_yaml":null,"type":"temporal"})").faults() == "");
    BOOST_TEST(d.count("SELECT count(*) FROM correlation_rules WHERE tree IS NOT NULL") == 0);
}

BOOST_AUTO_TEST_CASE(a_document_that_is_none_is_refused_with_its_place) {
    domain d;
    const auto with = [&](const std::string& yaml) {
        return d.post("/correlation-rules", R"({"sigma_yaml":)" + yaml + "}");
    };
    BOOST_TEST(with(document("none")).faults() == "sequence[0].rule_id");
    const auto broken = with(document("r", R"(  group-by: [again]\n)"));
    BOOST_REQUIRE(is(broken, problem_code::invalid));
    BOOST_TEST(broken.refused->faults.at(0).field == "sigma_yaml");
    BOOST_TEST(broken.refused->faults.at(0).line > 1);
    const auto rule = with(R"("title: t\nlogsource: {product: windows}\ndetection:\n  s: {a: b}\n  condition: s\n")");
    BOOST_TEST(rule.faults().starts_with("sigma_yaml"));
    BOOST_TEST(rule.refused->detail.find("not a correlation") != std::string::npos, rule.refused->detail);
}

BOOST_AUTO_TEST_CASE(former_versions_are_kept_and_come_back) {
    domain d;
    add_rule(d, "r");
    add_rule(d, "s");
    d.post("/correlation-rules", body(R"([{"rule_id":"r"}])", R"(,"id":"c")"));
    d.patch("/correlation-rules/c", R"({"name":"m","sequence":[{"rule_id":"s"}]})");
    BOOST_TEST(d.get("/correlation-rules/c/versions").at("/items").as_array().size() == 1u);
    BOOST_TEST(d.get("/correlation-rules/c/versions/1").text("/name") == "n");
    const auto back = d.post("/correlation-rules/c/versions/1/restore", "");
    BOOST_TEST(back.text("/sequence/0/rule_id") == "r");
    BOOST_TEST(back.reply.version == 3);
    BOOST_TEST(is(d.remove("/rules/r"), problem_code::conflict));
    BOOST_TEST(!d.remove("/rules/s").refused.has_value());
    const auto gone = d.post("/correlation-rules/c/versions/2/restore", "");
    BOOST_TEST(gone.faults() == "sequence[0].rule_id");
}

BOOST_AUTO_TEST_CASE(filters_find_what_they_name) {
    domain d;
    add_rule(d, "r");
    add_action(d, "x");
    BOOST_TEST(d.post("/correlation-rules", body(R"([{"query":"b"}])", R"(,"actions":["none"])")).faults() ==
               "actions[0]");
    d.post("/correlation-rules",
           body(R"([{"rule_id":"r"}])", R"(,"id":"a","actions":["x"],"description":"Lateral move")"));
    BOOST_TEST(is(d.remove("/actions/x"), problem_code::conflict));
    d.post("/correlation-rules", body(R"([{"query":"b"}])", R"(,"id":"b","type":"temporal","enabled":false)"));
    BOOST_TEST(ids(d.get("/correlation-rules", {{"rule_id", "r"}})) == "a");
    BOOST_TEST(ids(d.get("/correlation-rules", {{"action_id", "x"}})) == "a");
    BOOST_TEST(ids(d.get("/correlation-rules", {{"type", "temporal"}})) == "b");
    BOOST_TEST(ids(d.get("/correlation-rules", {{"enabled", "true"}, {"severity", "high"}})) == "a");
    BOOST_TEST(ids(d.get("/correlation-rules", {{"q", "lateral"}})) == "a");
    BOOST_TEST(ids(d.get("/correlation-rules", {{"sort", "created_at"}})) == "a b");
    BOOST_TEST(d.get("/correlation-rules", {{"severity", "odd"}}).faults() == "severity");
}

BOOST_AUTO_TEST_CASE(many_and_stale_ones) {
    domain d;
    const auto made = d.post("/correlation-rules/bulk", R"({"action":"create","items":[)" +
                                                            body(R"([{"query":"a"}])", R"(,"id":"a")") + "," +
                                                            body(R"([{"rule_id":"none"}])") + "]}");
    BOOST_TEST(made.at("/succeeded").as_int64() == 1);
    const auto stale = d.patch("/correlation-rules/a", R"({"name":"x"})", [](call& request) {
        request.conditions.if_match = carrel::siem::version_list{false, {7}};
    });
    BOOST_TEST(is(stale, problem_code::stale_version));
    BOOST_TEST(d.post("/correlation-rules/bulk", R"({"action":"delete","ids":["a","b"]})").at("/failed").as_int64() ==
               1);
    BOOST_TEST(is(d.get("/correlation-rules/a"), problem_code::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
