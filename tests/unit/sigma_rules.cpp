#include "support/sigma_rule.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::sigma;
using namespace sigma_rule;

BOOST_AUTO_TEST_SUITE(sigma_rules)

namespace {

const std::string body = "logsource: {product: windows}\ndetection:\n  s: [x]\n  condition: s\n";

rule read(const std::string& text) { return std::get<rule>(parse_rule(text)); }
std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& each : texts) all += (all.empty() ? "" : ",") + each;
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(metadata_is_read) {
    const rule of = read(R"(title: A rule
id: 5AF54681-DF95-4C26-854F-2565E13CFAB0
name: a_rule
status: Test
level: HIGH
description: |
  Two
  lines
author: Somebody
license: MIT
date: 2024/1/5
modified: 2024-02-29
references: [https://example.org/a, 5]
falsepositives: [Unknown]
fields: [User]
tags: [attack.execution]
)" + body);
    BOOST_TEST(of.kind() == "detection");
    BOOST_TEST(of.title == "A rule");
    BOOST_TEST(of.id == "5af54681-df95-4c26-854f-2565e13cfab0");
    BOOST_TEST(of.name == "a_rule");
    BOOST_TEST(name_of(of.status.value()) == "test");
    BOOST_TEST(name_of(of.level.value()) == "high");
    BOOST_TEST(of.description == "Two\nlines\n");
    BOOST_TEST(of.author == "Somebody");
    BOOST_TEST(of.license == "MIT");
    BOOST_TEST(of.date == "2024-01-05");
    BOOST_TEST(of.modified == "2024-02-29");
    BOOST_TEST(joined(of.references) == "https://example.org/a,5");
    BOOST_TEST(joined(of.false_positives) == "Unknown");
    BOOST_TEST(joined(of.fields) == "User");
}

BOOST_AUTO_TEST_CASE(tags_give_techniques_and_tactics) {
    const rule of = read(
        "title: t\ntags: [attack.t1059.001, attack.T1003, attack.initial_access, attack.lateral-movement, "
        "attack.g0016, attack.s0002, attack.c0001, attack.initial_access, attack.t10590, cve.2024-1, "
        "detection.dfir]\n" +
        body);
    BOOST_TEST(joined(of.mitre_techniques) == "T1059.001,T1003");
    BOOST_TEST(joined(of.mitre_tactics) == "initial-access,lateral-movement");
    BOOST_TEST(of.tags.size() == 11u);
}

BOOST_AUTO_TEST_CASE(levels_are_severities) {
    for (const std::string_view name : {"informational", "low", "medium", "high", "critical"})
        BOOST_TEST(name_of(read("title: t\nlevel: " + std::string(name) + "\n" + body).level.value()) == name);
    BOOST_TEST(!read("title: t\n" + body).level.has_value());
    BOOST_TEST(!read("title: t\nlevel: null\n" + body).level.has_value());
    BOOST_TEST(faults_of("title: t\nlevel: hi\n" + body) ==
               "2:8 level must be one of informational, low, medium, high, critical");
}

BOOST_AUTO_TEST_CASE(each_fault_of_a_rule_is_reported_at_its_place) {
    BOOST_TEST(
        faults_of("title: 5\nid: x\nstatus: old\ndate: 2024-02-30\ntags: [foo]\nfields: x\nauthor: [a]\n" + body) ==
        "1:8 title must be a text; a number or a bool needs quotes; 2:5 id must be a UUID; "
        "7:9 author must be a text; a number or a bool needs quotes; 4:7 date must be a date such as 2024-01-31; "
        "3:9 status must be one of unsupported, deprecated, experimental, test, stable; 6:9 fields must be a list; "
        "5:8 a tag has a namespace in front, as in attack.foo");
    BOOST_TEST(faults_of("title: ''\n" + body) == "1:8 title is empty");
    BOOST_TEST(faults_of(body) == "1:1 title is missing");
    BOOST_TEST(faults_of("title: '" + std::string(257, 'x') + "'\n" + body) ==
               "1:8 title is longer than 256 characters");
    BOOST_TEST(faults_of("title: t\naction: global\n" + body) ==
               "2:9 action belongs to collections, which Sigma 2 does not have");
}

BOOST_AUTO_TEST_CASE(lists_are_bounded) {
    std::string tags = "tags: [attack.t0000";
    for (int i = 1; i <= 1'000; ++i) tags += ", attack.x" + std::to_string(i);
    BOOST_TEST(faults_of("title: t\n" + tags + "]\n" + body) == "2:7 tags has more than 1000 items");
}

BOOST_AUTO_TEST_CASE(faults_are_reported_up_to_a_number) {
    std::string text = "title: t\nlogsource: {product: x}\ndetection:\n";
    for (int i = 0; i < 100; ++i) text += "  s" + std::to_string(i) + ": {}\n";
    BOOST_TEST(std::get<faults>(parse_rule(text)).size() == 20u);
}

BOOST_AUTO_TEST_CASE(a_log_source_names_something) {
    const rule of = read(
        "title: t\nlogsource: {category: c, product: p, service: s, definition: d}\n"
        "detection: {s: [x], condition: s}\n");
    BOOST_TEST(of.source.category.value() == "c");
    BOOST_TEST(of.source.product.value() == "p");
    BOOST_TEST(of.source.service.value() == "s");
    BOOST_TEST(of.source.definition.value() == "d");
    const auto with = [](const std::string& source) {
        return faults_of("title: t\n" + source + "detection: {s: [x], condition: s}\n");
    };
    BOOST_TEST(with("") == "1:1 logsource is missing");
    BOOST_TEST(with("logsource: x\n") == "2:12 logsource must be a map");
    BOOST_TEST(with("logsource: {definition: d}\n") == "2:12 logsource names none of category, product and service");
    BOOST_TEST(with("logsource: {product: 5}\n") == "2:22 product must be a text; a number or a bool needs quotes");
}

BOOST_AUTO_TEST_CASE(detections_are_checked) {
    const std::string front = "title: t\nlogsource: {product: x}\n";
    BOOST_TEST(faults_of(front) == "1:1 detection is missing");
    BOOST_TEST(faults_of(front + "detection: [x]\n") == "3:12 detection must be a map");
    BOOST_TEST(faults_of(front + "detection: {s: [x], timeframe: 5m, condition: s}\n") ==
               "3:21 timeframe was replaced by correlation rules");
    std::string many = front + "detection:\n";
    for (int i = 0; i < 501; ++i) many += "  s" + std::to_string(i) + ": [x]\n";
    BOOST_TEST(faults_of(many) == "504:3 more than 500 searches");
    BOOST_TEST(faults_of(front + "detection:\n  " + std::string(129, 's') + ": [x]\n")
                   .starts_with("4:3 name of a search is longer than 128 bytes"));
}

BOOST_AUTO_TEST_CASE(what_modifiers_make_is_bounded) {
    std::string text = "a|windash: [";
    for (int i = 0; i < 40; ++i) text += "'-a -b -c -d -e" + std::to_string(i) + "', ";
    BOOST_TEST(search_of(text + "]").starts_with("5:"));
    BOOST_TEST(search_of(text + "]").find("too many values with what modifiers make of them") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(trees_are_json_with_a_format) {
    const auto tree = boost::json::parse(tree_of(with_test("a|contains: \"x\\\"\\u0001\"")));
    BOOST_TEST(tree.at("format").as_int64() == json_format);
    BOOST_TEST(tree.at("kind").as_string() == "detection");
    BOOST_TEST(tree.at_pointer("/searches/0/is/and/0/values/0/like/1").as_string() == "x\"\x01");
}

BOOST_AUTO_TEST_CASE(filters_are_read) {
    const std::string front = "title: f\nlogsource: {category: c, product: p}\nfilter:\n";
    BOOST_TEST(
        tree_of(front + "  rules: [a, 5af54681-df95-4c26-854f-2565e13cfab0]\n  sel: {u|startswith: adm_}\n  condition: "
                        "not sel\n") ==
        R"({"format":1,"kind":"filter","logsource":{"category":"c","product":"p"},)"
        R"("rules":["a","5af54681-df95-4c26-854f-2565e13cfab0"],"searches":[{"name":"sel","is":{"and":)"
        R"([{"field":"u","modifiers":["startswith"],"values":[{"like":["adm_",1]}]}]}}],"condition":{"not":[0]}})");
    BOOST_TEST(tree_of(front + "  rules: any\n  sel: {u: x}\n  condition: sel\n").find(R"("rules":"any")") !=
               std::string::npos);
    BOOST_TEST(tree_of(front + "  rules: []\n  sel: {u: x}\n  condition: sel\n").find(R"("rules":"any")") !=
               std::string::npos);
    BOOST_TEST(tree_of(front + "  sel: {u: x}\n  condition: sel\n") ==
               "4:3 rules is missing: any, or rules by name or id");
    BOOST_TEST(tree_of(front + "  rules: any\n  sel: {u: x}\n  condition: [sel]\n") == "6:14 condition must be a text");
    BOOST_TEST(tree_of("title: f\nlogsource: {product: p}\nfilter: x\n") == "3:9 filter must be a map");
}

BOOST_AUTO_TEST_SUITE_END()
