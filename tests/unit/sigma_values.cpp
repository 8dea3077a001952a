#include "support/sigma_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace sigma_rule;

BOOST_AUTO_TEST_SUITE(sigma_values)

BOOST_AUTO_TEST_CASE(wildcards_divide_a_text) {
    BOOST_TEST(values_of("a: foo") == R"("foo")");
    BOOST_TEST(values_of("a: foo*bar?") == R"({"like":["foo",1,"bar",0]})");
    BOOST_TEST(values_of("a: '*'") == R"({"like":[1]})");
    BOOST_TEST(values_of("a: '**x?*'") == R"({"like":[1,1,"x",0,1]})");
    BOOST_TEST(values_of("a: 'é?😀'") == R"({"like":["é",0,"😀"]})");
    BOOST_TEST(values_of("a: '100%_x'") == R"("100%_x")");
}

BOOST_AUTO_TEST_CASE(a_backslash_escapes_wildcards_and_itself_and_else_is_one) {
    BOOST_TEST(values_of(R"(a: '\*')") == R"("*")");
    BOOST_TEST(values_of(R"(a: '\?x')") == R"("?x")");
    BOOST_TEST(values_of(R"(a: '\\*')") == R"({"like":["\\",1]})");
    BOOST_TEST(values_of(R"(a: '\\\*')") == R"("\\*")");
    BOOST_TEST(values_of(R"(a: '\\')") == R"("\\")");
    BOOST_TEST(values_of(R"(a: '\\\')") == R"("\\\\")");
    BOOST_TEST(values_of(R"(a: '\\\\')") == R"("\\\\")");
    BOOST_TEST(values_of(R"(a: 'C:\Windows\')") == R"("C:\\Windows\\")");
    BOOST_TEST(values_of(R"(a: '\\%x')") == R"("\\%x")");
}

BOOST_AUTO_TEST_CASE(blanks_and_control_characters_of_a_quoted_text_stay) {
    BOOST_TEST(values_of("a: '  x '") == R"("  x ")");
    BOOST_TEST(values_of(R"(a: "x\n\0y")") == R"("x\n\u0000y")");
    BOOST_TEST(values_of("a: ''") == R"("")");
    BOOST_TEST(values_of(R"(a: "\U0001F600")") == R"("😀")");
    BOOST_TEST(faults_of(with_test(R"(a: "\ud800")")).starts_with("5:"));
}

BOOST_AUTO_TEST_CASE(scalars_have_the_types_of_yaml_1_1) {
    BOOST_TEST(values_of("a: 4624") == "4624");
    BOOST_TEST(values_of("a: '4624'") == R"("4624")");
    BOOST_TEST(values_of("a: [-5, +7, 0, 0x10, 010, 0b11, 1_000]") == "-5,7,0,16,8,3,1000");
    BOOST_TEST(values_of("a: [08, 1:30, 2024-01-31, 0x, _1]") == R"("08","1:30","2024-01-31","0x","_1")");
    BOOST_TEST(values_of("a: [4624.0, .5, 1.5e+3]") == R"({"real":4624},{"real":0.5},{"real":1500})");
    BOOST_TEST(values_of("a: [1.5e3, 1e5, .]") == R"("1.5e3","1e5",".")");
    BOOST_TEST(values_of("a: [true, No, on, 'true', TrUe]") == R"(true,false,true,"true","TrUe")");
    BOOST_TEST(values_of("a: null") == "null");
    BOOST_TEST(values_of("a: ~") == "null");
    BOOST_TEST(values_of("a:") == "null");
    BOOST_TEST(values_of("a: !!str 5") == R"("5")");
    BOOST_TEST(values_of("a: .inf") == "5:8 number is not finite");
}

BOOST_AUTO_TEST_CASE(integers_never_lose_digits) {
    BOOST_TEST(values_of("a: 9007199254740993") == "9007199254740993");
    BOOST_TEST(values_of("a: 9223372036854775807") == "9223372036854775807");
    BOOST_TEST(values_of("a: -9223372036854775808") == "-9223372036854775808");
    BOOST_TEST(values_of("a: 9223372036854775808") == R"("9223372036854775808")");
    BOOST_TEST(values_of("a: 0x8020000000000000") == R"("9232379236109516800")");
    BOOST_TEST(values_of("a: 123456789012345678901234567890") == R"("123456789012345678901234567890")");
    BOOST_TEST(values_of("a: 0x10000000000000000") == "5:8 number has more than 64 bits");
}

BOOST_AUTO_TEST_CASE(values_that_no_test_has_are_refused) {
    BOOST_TEST(values_of("a: [x, null]") == "5:12 null does not stand in a list");
    BOOST_TEST(values_of("a: []") == "5:8 an empty list matches nothing");
    BOOST_TEST(values_of("a: {b: c}") == "5:8 a value is a text, a number, a bool or null");
    BOOST_TEST(values_of("a: [[x]]") == "5:9 a value is a text, a number, a bool or null");
}

BOOST_AUTO_TEST_CASE(a_long_value_is_kept_up_to_the_limit) {
    const std::string text(25'000, 'x');
    BOOST_TEST((values_of("a: " + text) == '"' + text + '"'));
    BOOST_TEST(values_of("a: " + std::string(65'537, 'x')) == "5:8 a value is longer than 65536 bytes");
}

BOOST_AUTO_TEST_CASE(maps_lists_and_keywords_make_the_tree) {
    const auto searches = [](const std::string& yaml) {
        const std::string tree = tree_of(head + "  s: " + yaml + "\n  condition: s\n");
        const std::size_t at = tree.find(R"("is":)");
        return at == tree.npos ? tree : tree.substr(at + 5, tree.size() - at - 5 - 17);
    };
    BOOST_TEST(searches("foo") == R"({"values":["foo"]})");
    BOOST_TEST(searches("[foo, 5]") == R"({"values":["foo",5]})");
    BOOST_TEST(searches("{a: x, b: 1}") == R"({"and":[{"field":"a","values":["x"]},{"field":"b","values":[1]}]})");
    BOOST_TEST(searches("[{a: x}, {b: y}]") ==
               R"({"or":[{"and":[{"field":"a","values":["x"]}]},{"and":[{"field":"b","values":["y"]}]}]})");
    BOOST_TEST(searches("[foo, {b: y}]") == R"({"or":[{"values":["foo"]},{"and":[{"field":"b","values":["y"]}]}]})");
    BOOST_TEST(searches("{'|all': [x, y]}") == R"({"and":[{"modifiers":["all"],"all":true,"values":["x","y"]}]})");
    BOOST_TEST(searches("{}") == "4:6 an empty map matches nothing");
    BOOST_TEST(searches("[]") == "4:6 an empty list matches nothing");
    BOOST_TEST(searches("null") == "4:3 null needs a field");
}

BOOST_AUTO_TEST_SUITE_END()
