#include "sigma/condition.hpp"
#include "sigma/limits.hpp"

#include "support/sigma_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::sigma;

BOOST_AUTO_TEST_SUITE(sigma_conditions)

namespace {

const std::vector<std::string> names{"sel_a", "sel_b", "filter", "_hidden", "of", "all", "notepad", "x-y.z"};

std::string described(const condition& of) {
    if (of.kind == condition::kinds::search) return names.at(of.search);
    if (of.kind == condition::kinds::negation) return "not(" + described(of.parts.at(0)) + ")";
    std::string all = of.kind == condition::kinds::all_of ? "all(" : "one(";
    for (const condition& part : of.parts) all += (&part == &of.parts.front() ? "" : " ") + described(part);
    return all + ")";
}
/// The condition in full, or `offset: detail`.
std::string read(std::string_view text) {
    const auto read = parse_condition(text, names);
    if (const auto* why = std::get_if<condition_fault>(&read)) return std::to_string(why->offset) + ": " + why->detail;
    return described(std::get<condition>(read));
}
std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(not_binds_before_and_before_or) {
    BOOST_TEST(read("sel_a") == "sel_a");
    BOOST_TEST(read("sel_a or sel_b and not filter") == "one(sel_a all(sel_b not(filter)))");
    BOOST_TEST(read("not sel_a and sel_b or filter") == "one(all(not(sel_a) sel_b) filter)");
    BOOST_TEST(read("not not sel_a") == "not(not(sel_a))");
    BOOST_TEST(read("sel_a and sel_b and filter") == "all(sel_a sel_b filter)");
    BOOST_TEST(read("(sel_a or sel_b) and not (filter or of)") == "all(one(sel_a sel_b) not(one(filter of)))");
    BOOST_TEST(read("not(sel_a)and(sel_b)") == "all(not(sel_a) sel_b)");
    BOOST_TEST(read(" sel_a\n\tand  sel_b ") == "all(sel_a sel_b)");
}

BOOST_AUTO_TEST_CASE(patterns_stand_for_the_searches_they_match) {
    BOOST_TEST(read("1 of sel_*") == "one(sel_a sel_b)");
    BOOST_TEST(read("all of sel_*") == "all(sel_a sel_b)");
    BOOST_TEST(read("any of *e*") == "one(sel_a sel_b filter notepad)");
    BOOST_TEST(read("1 of s*l*_b") == "one(sel_b)");
    BOOST_TEST(read("all of filter") == "all(filter)");
    BOOST_TEST(read("sel_a and not 1 of fil*") == "all(sel_a not(one(filter)))");
    BOOST_TEST(read("1 of them") == "one(sel_a sel_b filter of all notepad x-y.z)");
    BOOST_TEST(read("all of *") == "all(sel_a sel_b filter of all notepad x-y.z)");
    BOOST_TEST(read("1 of _*") == "one(_hidden)");
    BOOST_TEST(read("1 of *_hidden") == "5: no search matches *_hidden");
    BOOST_TEST(read("1 of nothing*") == "5: no search matches nothing*");
}

BOOST_AUTO_TEST_CASE(words_of_the_language_may_be_names) {
    BOOST_TEST(read("of") == "of");
    BOOST_TEST(read("all and of") == "all(all of)");
    BOOST_TEST(read("1 of of") == "one(of)");
    BOOST_TEST(read("notepad and not notepad") == "all(notepad not(notepad))");
    BOOST_TEST(read("x-y.z") == "x-y.z");
    BOOST_TEST(read("_hidden") == "_hidden");
}

BOOST_AUTO_TEST_CASE(faults_have_their_place) {
    BOOST_TEST(read("") == "0: condition ends where a name is expected");
    BOOST_TEST(read("sel_a and") == "9: condition ends where a name is expected");
    BOOST_TEST(read("sel_a sel_b") == "6: and or or is expected, not sel_b");
    BOOST_TEST(read("sel_a AND sel_b") == "6: operators are written in lower case, not AND");
    BOOST_TEST(read("NOT sel_a") == "0: operators are written in lower case, not NOT");
    BOOST_TEST(read("(sel_a") == "0: bracket is not closed");
    BOOST_TEST(read("sel_a)") == "5: there is no bracket to close");
    BOOST_TEST(read("()") == "1: a name is expected, not )");
    BOOST_TEST(read("and sel_a") == "0: a name is expected, not and");
    BOOST_TEST(read("1 of") == "4: a pattern is expected behind of");
    BOOST_TEST(read("Sel_a") == "0: no search is called Sel_a");
    BOOST_TEST(read("sel_a | count() > 5") == "6: aggregations behind | were replaced by correlation rules");
}

BOOST_AUTO_TEST_CASE(depth_and_size_are_bounded) {
    BOOST_TEST(read(repeated("(", 50) + "sel_a" + repeated(")", 50)) == "sel_a");
    BOOST_TEST(read(repeated("(", 1'000) + "sel_a" + repeated(")", 1'000)) == "50: condition nested deeper than 50");
    BOOST_TEST(read(repeated("not ", 51) + "sel_a") == "200: condition nested deeper than 50");
    BOOST_TEST(read(repeated("not (", 26) + "sel_a" + repeated(")", 26)) == "125: condition nested deeper than 50");
    BOOST_TEST(read(std::string(8'193, ' ')) == "0: condition longer than 8192 bytes");
    std::vector<std::string> many;
    for (int i = 0; i < 500; ++i) many.push_back("s" + std::to_string(i));
    const auto large = parse_condition(repeated("1 of s* or ", 21) + "s1", many);
    BOOST_TEST(std::get<condition_fault>(large).detail == "condition has more than 10000 parts");
}

BOOST_AUTO_TEST_CASE(several_conditions_are_alternatives) {
    using namespace sigma_rule;
    const std::string searches = head + "  a: [x]\n  b: [y]\n";
    const auto condition_of = [&](const std::string& yaml) {
        const std::string tree = tree_of(searches + "  condition: " + yaml + "\n");
        const std::size_t at = tree.find(R"("condition":)");
        return at == tree.npos ? tree : tree.substr(at + 12, tree.size() - at - 13);
    };
    BOOST_TEST(condition_of("[a, not b]") == R"({"or":[0,{"not":[1]}]})");
    BOOST_TEST(condition_of("a and b") == R"({"and":[0,1]})");
    BOOST_TEST(condition_of("[]") == "6:14 there is no condition");
    BOOST_TEST(condition_of("{a: b}") == "6:14 a condition is a text");
    BOOST_TEST(condition_of("a and c") == "6:20 no search is called c");
    BOOST_TEST(tree_of(searches) == "4:3 there is no condition");
    BOOST_TEST(tree_of(head + "  condition: a\n") == "4:3 there is no search");
}

BOOST_AUTO_TEST_SUITE_END()
