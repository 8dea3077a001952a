#include "support/sigma_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace sigma_rule;

BOOST_AUTO_TEST_SUITE(sigma_correlations)

namespace {

/// The tree behind its kind, or the faults; the first line of the map is the fourth.
std::string read(const std::string& map) {
    const std::string begin = R"({"format":1,"kind":"correlation","name":"n",)";
    const std::string tree = tree_of("title: t\nname: n\ncorrelation:\n" + map);
    return tree.starts_with(begin) ? tree.substr(begin.size()) : tree;
}
std::string with_timespan(const std::string& text) {
    return read("  type: event_count\n  rules: a\n  timespan: " + text + "\n  condition: {gte: 1}\n");
}
std::string with_condition(const std::string& type, const std::string& text) {
    const std::string all = read("  type: " + type + "\n  rules: [a, b]\n  timespan: 1m\n  condition: " + text + "\n");
    const std::size_t at = all.find(R"("generate":false,)");
    return at == all.npos ? all : all.substr(at + 17);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_correlation_is_read) {
    BOOST_TEST(read("  type: value_count\n  rules: [a, b]\n  group-by: [user, host]\n  timespan: 5m\n  generate: true\n"
                    "  aliases:\n    user: {a: SubjectUser, b: TargetUser}\n  condition: {gte: 10, field: ip}\n") ==
               R"("type":"value_count","rules":["a","b"],"group_by":["user","host"],"timespan_s":300,"generate":true,)"
               R"("aliases":{"user":{"a":"SubjectUser","b":"TargetUser"}},"fields":["ip"],"bounds":{"gte":10}})");
    BOOST_TEST(
        read("  type: event_count\n  rules: a\n  group-by: u\n  timespan: 1h\n  condition: {gt: 5}\n") ==
        R"("type":"event_count","rules":["a"],"group_by":["u"],"timespan_s":3600,"generate":false,"bounds":{"gt":5}})");
}

BOOST_AUTO_TEST_CASE(all_types_are_known) {
    for (const std::string type : {"value_sum", "value_avg", "value_median"})
        BOOST_TEST(with_condition(type, "{lt: 1.5, field: x}") == R"("fields":["x"],"bounds":{"lt":1.5}})");
    BOOST_TEST(with_condition("value_percentile", "{lt: 1, field: x, percentile: 95}") ==
               R"("fields":["x"],"percentile":95,"bounds":{"lt":1}})");
    BOOST_TEST(with_condition("temporal", "{gte: 2}") == R"("bounds":{"gte":2}})");
    BOOST_TEST(with_condition("events", "{gte: 2}") == "4:9 type is no type of correlation");
}

BOOST_AUTO_TEST_CASE(timespans_have_a_unit) {
    for (const auto& [text, seconds] : {std::pair{"15s", "15"},
                                        {"5m", "300"},
                                        {"1h", "3600"},
                                        {"2d", "172800"},
                                        {"1w", "604800"},
                                        {"1M", "2629746"},
                                        {"1y", "31556952"}})
        BOOST_TEST(with_timespan(text).find("\"timespan_s\":" + std::string(seconds) + ",") != std::string::npos);
    for (const std::string text : {"5x", "0m", "-1m", "5", "5m5s", "m", "9999999999999999y", "1.5h"})
        BOOST_TEST(with_timespan("'" + text + "'") ==
                   "6:13 timespan must be a number with a unit: s, m, h, d, w, M or y");
}

BOOST_AUTO_TEST_CASE(conditions_are_one_comparison_or_a_range) {
    BOOST_TEST(with_condition("event_count", "{eq: 3}") == R"("bounds":{"eq":3}})");
    BOOST_TEST(with_condition("event_count", "{neq: 3}") == R"("bounds":{"neq":3}})");
    BOOST_TEST(with_condition("event_count", "{gt: 3, lte: 9}") == R"("bounds":{"gt":3,"lte":9}})");
    const std::string fault = "7:14 condition is one of eq, neq, lt, lte, gt, gte, or a range of two";
    BOOST_TEST(with_condition("event_count", "{gt: 3, gte: 9}") == fault);
    BOOST_TEST(with_condition("event_count", "{eq: 3, lt: 9}") == fault);
    BOOST_TEST(with_condition("event_count", "{}") == fault);
    BOOST_TEST(with_condition("event_count", "{gte: x}") == "7:20 must be a whole number; " + fault);
    BOOST_TEST(with_condition("event_count", "{gte: 1.5}") == "7:20 must be a whole number; " + fault);
    BOOST_TEST(with_condition("event_count", "{gte: 1, foo: 2}") == "7:23 unknown member foo");
}

BOOST_AUTO_TEST_CASE(fields_belong_to_counts_of_values) {
    BOOST_TEST(with_condition("value_count", "{gte: 1, field: [x, y]}") == R"("fields":["x","y"],"bounds":{"gte":1}})");
    BOOST_TEST(with_condition("value_sum", "{gte: 1, field: [x, y]}") ==
               "7:30 field may be a list only of value_count");
    BOOST_TEST(with_condition("value_count", "{gte: 1}") == "7:14 field is missing");
    BOOST_TEST(with_condition("value_percentile", "{gte: 1, field: x}") == "7:14 percentile is missing");
    BOOST_TEST(with_condition("value_percentile", "{gte: 1, field: x, percentile: 101}") ==
               "7:45 percentile must be a whole number from 0 to 100");
    BOOST_TEST(with_condition("value_sum", "{gte: 1, field: x, percentile: 5}") ==
               "7:45 percentile is of value_percentile");
}

BOOST_AUTO_TEST_CASE(temporal_ones_may_say_which_rules) {
    BOOST_TEST(with_condition("temporal", "a and not b") == R"("condition":{"and":[0,{"not":[1]}]}})");
    BOOST_TEST(with_condition("temporal", "a") == "7:14 condition does not name the rule b");
    BOOST_TEST(with_condition("temporal", "a and b and c") == "7:26 no search is called c");
    BOOST_TEST(with_condition("event_count", "a or b") == "7:14 condition must be a map such as gte: 10");
    BOOST_TEST(read("  type: temporal_ordered\n  timespan: 1s\n  condition: (b or a) and not b\n") ==
               R"("type":"temporal_ordered","rules":["b","a"],"group_by":[],"timespan_s":1,"generate":false,)"
               R"("condition":{"and":[{"or":[0,1]},{"not":[0]}]}})");
    BOOST_TEST(
        read("  type: temporal\n  rules: [a, b]\n  timespan: 1s\n") ==
        R"("type":"temporal","rules":["a","b"],"group_by":[],"timespan_s":1,"generate":false,"bounds":{"gte":2}})");
}

BOOST_AUTO_TEST_CASE(faults_are_reported) {
    BOOST_TEST(read("  type: event_count\n") ==
               "4:3 timespan is missing; 4:3 condition is missing; 4:3 rules is missing");
    BOOST_TEST(read("  x: 1\n").starts_with("4:3 type is missing"));
    BOOST_TEST(read("  type: temporal\n  rules: [a]\n  timespan: 1m\n  generate: 5\n") ==
               "7:13 generate must be true or false");
    BOOST_TEST(read("  type: temporal\n  rules: [a]\n  timespan: 1m\n  aliases: {u: {c: x}}\n") ==
               "7:17 alias for c, which is none of the rules");
    BOOST_TEST(read("  type: temporal\n  rules: [a]\n  timespan: 1m\n  aliases: [x]\n") ==
               "7:12 aliases must be a map");
    BOOST_TEST(tree_of("title: t\ncorrelation: 5\n") == "2:14 correlation must be a map");
}

BOOST_AUTO_TEST_SUITE_END()
