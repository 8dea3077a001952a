#include "support/domain.hpp"
#include "support/stix.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel;
using namespace carrel::testing;

namespace {

void fill(domain& d) {
    const auto got = d.post_file(
        "/mitre/import",
        stix_bundle({stix_tactic("TA0002", "execution"), stix_tactic("TA0005", "stealth"),
                     stix_tactic("TA0009", "collection"), stix_matrix("enterprise-attack", {"TA0005", "TA0002"}),
                     stix_technique("T1001", "execution"), stix_technique("T1001.001", "execution"),
                     stix_parent("T1001.001", "T1001"), stix_technique("T1001.002", "stealth"),
                     stix_parent("T1001.002", "T1001"), stix_technique("T1002", "execution"),
                     stix_technique("T1003", "stealth", R"(,"revoked":true)"),
                     stix_technique("T1004", "stealth", R"(,"x_mitre_deprecated":true)")}));
    BOOST_REQUIRE_MESSAGE(!got.refused, got.refused->detail);
}
void add_rule(domain& d, std::string_view severity, std::string_view techniques, std::string_view tactics = "[]",
              bool enabled = true) {
    const std::string body = R"({"name":"n","type":"query","query":"a","severity":")" + std::string(severity) +
                             R"(","mitre_techniques":)" + std::string(techniques) + R"(,"mitre_tactics":)" +
                             std::string(tactics) + R"(,"enabled":)" + (enabled ? "true" : "false") + "}";
    BOOST_REQUIRE(!d.post("/rules", body).refused);
}
// One of a list by its id.
boost::json::value one(const answer& got, const char* list, const char* id) {
    const auto all = got.at(list);
    for (const auto& each : all.as_array())
        if (each.at("id").as_string() == id) return each;
    return {};
}
std::string rules_of(const boost::json::value& of) {
    if (of.is_null()) return "absent";
    return std::to_string(of.at("rules").as_int64()) + "/" + std::to_string(of.at("enabled_rules").as_int64());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attack_reports)

BOOST_AUTO_TEST_CASE(rules_are_counted_once_for_what_they_name_and_apart_for_what_is_below) {
    domain d;
    fill(d);
    add_rule(d, "high", R"(["T1001","T1001.001"])", R"(["execution","TA0002"])");
    add_rule(d, "low", R"(["T1001.001"])", "[]", false);
    add_rule(d, "low", R"(["T1001.002","T1003"])", R"(["stealth"])");
    add_rule(d, "low", R"(["T7777"])", R"(["nothing"])");
    add_rule(d, "low", "[]");
    const auto got = d.get("/mitre/coverage");
    const auto technique = [&](const char* id) { return one(got, "/techniques", id); };
    BOOST_TEST(rules_of(technique("T1001")) == "1/1");
    BOOST_TEST(rules_of(technique("T1001").at("with_subtechniques")) == "3/2");
    BOOST_TEST(rules_of(technique("T1001.001")) == "2/1");
    BOOST_TEST(rules_of(technique("T1001.001").at("with_subtechniques")) == "2/1");
    BOOST_TEST(technique("T1001.001").at("by_severity").at("high").as_int64() == 1);
    BOOST_TEST(technique("T1001.001").at("by_severity").at("low").as_int64() == 1);
    BOOST_TEST(rules_of(technique("T1002")) == "0/0");
    BOOST_TEST(rules_of(technique("T1003")) == "1/1");
    BOOST_TEST(technique("T1003").at("revoked").as_bool());
    BOOST_TEST(rules_of(technique("T1004")) == "absent");
    BOOST_TEST(rules_of(one(got, "/tactics", "TA0002")) == "1/1");
    BOOST_TEST(rules_of(one(got, "/tactics", "TA0002").at("by_technique")) == "2/1");
    BOOST_TEST(rules_of(one(got, "/tactics", "TA0005").at("by_technique")) == "1/1");
    BOOST_TEST(got.at("/rules/all/rules").as_int64() == 5);
    BOOST_TEST(got.at("/rules/naming_techniques/rules").as_int64() == 3);
    BOOST_TEST(got.text("/unknown_techniques/0/name") == "T7777");
    BOOST_TEST(got.at("/unknown_techniques_count").as_int64() == 1);
    BOOST_TEST(got.text("/unknown_tactics/0/name") == "nothing");
}

BOOST_AUTO_TEST_CASE(a_rule_that_changes_or_goes_is_counted_as_it_is) {
    domain d;
    fill(d);
    BOOST_REQUIRE(
        !d.post("/rules",
                R"({"id":"r","name":"n","type":"query","query":"a","severity":"low","mitre_techniques":["T1002"]})")
             .refused);
    const auto counted = [&](const char* id) { return rules_of(one(d.get("/mitre/coverage"), "/techniques", id)); };
    BOOST_TEST(counted("T1002") == "1/1");
    BOOST_REQUIRE(!d.post("/rules/r/disable", "").refused);
    BOOST_TEST(counted("T1002") == "1/0");
    BOOST_REQUIRE(!d.patch("/rules/r", R"({"mitre_techniques":["T1001"]})").refused);
    BOOST_TEST(counted("T1002") == "0/0");
    BOOST_TEST(counted("T1001") == "1/0");
    BOOST_REQUIRE(!d.remove("/rules/r").refused);
    BOOST_TEST(counted("T1001") == "0/0");
}

BOOST_AUTO_TEST_CASE(the_matrix_has_its_order_and_what_is_in_use) {
    domain d;
    fill(d);
    const auto got = d.get("/mitre/matrix");
    BOOST_TEST(got.text("/matrices/0/tactics/0/id") == "TA0005");
    BOOST_TEST(got.text("/matrices/0/tactics/1/id") == "TA0002");
    // Its parent is in another column, so it stands in this one itself.
    BOOST_TEST(got.at("/matrices/0/tactics/0/techniques").as_array().size() == 1u);
    BOOST_TEST(got.text("/matrices/0/tactics/0/techniques/0/id") == "T1001.002");
    BOOST_TEST(got.at("/matrices/0/tactics/1/techniques").as_array().size() == 2u);
    BOOST_TEST(got.text("/matrices/0/tactics/1/techniques/0/subtechniques/0/id") == "T1001.001");
    BOOST_TEST(got.at("/matrices/0/tactics/1/techniques/0/subtechniques").as_array().size() == 1u);
    BOOST_TEST(got.text("/tactics_in_no_matrix/0/id") == "TA0009");
}

BOOST_AUTO_TEST_CASE(statistics_count_objects_and_shares) {
    domain d;
    fill(d);
    add_rule(d, "high", R"(["T1001.001"])");
    const auto got = d.get("/mitre/statistics");
    BOOST_TEST(got.at("/objects/techniques/total").as_int64() == 6);
    BOOST_TEST(got.at("/objects/techniques/revoked").as_int64() == 1);
    BOOST_TEST(got.at("/objects/techniques/deprecated").as_int64() == 1);
    BOOST_TEST(got.at("/techniques/total").as_int64() == 2);
    BOOST_TEST(got.at("/techniques/covered").as_int64() == 0);
    BOOST_TEST(got.at("/techniques/covered_with_subtechniques").as_int64() == 1);
    BOOST_TEST(got.at("/subtechniques/total").as_int64() == 2);
    BOOST_TEST(got.at("/subtechniques/covered").as_int64() == 1);
    BOOST_TEST(got.at("/subtechniques/percent").as_double() == 50.0);
    BOOST_TEST(got.text("/by_tactic/0/id") == "TA0005");
    BOOST_TEST(got.at("/by_tactic/1/techniques/total").as_int64() == 3);
    BOOST_TEST(got.at("/by_tactic/1/techniques/covered").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(nothing_at_all_is_no_fault) {
    domain d;
    for (const char* path : {"/mitre/matrix", "/mitre/coverage", "/mitre/statistics"}) {
        const auto got = d.get(path);
        BOOST_TEST(!got.refused);
        BOOST_TEST(got.json().is_object());
    }
    BOOST_TEST(d.get("/mitre/coverage", {{"tactic", "x"}}).faults() == "tactic");
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_parents_is_followed_some_levels) {
    domain d;
    std::string parent;
    for (int i = 0; i < 40; ++i) {
        const std::string id = "T" + std::to_string(1000 + i);
        const std::string below = parent.empty() ? "" : ",\"parent\":\"" + parent + "\"";
        BOOST_REQUIRE(!d.post("/mitre/techniques", R"({"id":")" + id + R"(","name":"n")" + below + "}").refused);
        parent = id;
    }
    add_rule(d, "low", R"(["T1039"])");
    const auto got = d.get("/mitre/coverage");
    BOOST_TEST(rules_of(one(got, "/techniques", "T1032").at("with_subtechniques")) == "1/1");
    BOOST_TEST(rules_of(one(got, "/techniques", "T1031").at("with_subtechniques")) == "0/0");
}

BOOST_AUTO_TEST_SUITE_END()
