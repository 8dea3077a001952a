#include "sigma/limits.hpp"

#include "support/sigma_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace sigma_rule;

BOOST_AUTO_TEST_SUITE(sigma_yaml)

namespace {

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}
const std::string nothing_else = "title is missing; 1:1 logsource is missing; 1:1 detection is missing";

}  // namespace

BOOST_AUTO_TEST_CASE(deep_nesting_ends_early) {
    BOOST_TEST(faults_of(repeated("[", 100'000)).ends_with("nested deeper than 50"));
    BOOST_TEST(faults_of(repeated("{", 100'000)).ends_with("nested deeper than 50"));
    BOOST_TEST(faults_of(repeated("{a: ", 100'000)) == "1:197 nested deeper than 50");
    BOOST_TEST(faults_of(repeated("- ", 100'000)).ends_with("nested deeper than 50"));
    BOOST_TEST(faults_of(repeated("? ", 100'000)).ends_with("nested deeper than 50"));
    BOOST_TEST(faults_of("x: " + repeated("[", 49) + repeated("]", 49)) == "1:1 " + nothing_else);
    BOOST_TEST(faults_of("x: " + repeated("[", 50) + repeated("]", 50)).ends_with("nested deeper than 50"));
}

BOOST_AUTO_TEST_CASE(aliases_are_few_and_do_not_multiply) {
    std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c < 'j'; ++c)
        bomb += std::string() + c + ": &" + c + " [" + repeated(std::string("*") + char(c - 1) + ", ", 9) + "]\n";
    BOOST_TEST(faults_of(bomb) == "2:40 more than 10 anchors and aliases");
    BOOST_TEST(faults_of("a: &a [x]\nb: [*a, *a, *a, *a, *a, *a, *a, *a, *a]") == "1:1 " + nothing_else);
    const std::string wide = "a: &a [" + repeated("x, ", 20'000) + "]\nb: [*a, *a, *a, *a, *a]\n";
    BOOST_TEST(faults_of(wide) == "2:17 more than 100000 values");
    BOOST_TEST(faults_of("a: &a [*a]") == "1:8 an alias refers to what it stands in");
    BOOST_TEST(faults_of("a: *b") == "1:4 is not YAML: the referenced anchor is not defined");
    const std::string deep = "a: &a " + repeated("[", 30) + repeated("]", 30) + "\nb: " + repeated("[", 30) + "*a";
    BOOST_TEST(faults_of(deep) == "2:29 nested deeper than 50");
}

BOOST_AUTO_TEST_CASE(sizes_are_bounded) {
    BOOST_TEST(faults_of("a: '" + std::string(1'000'000, 'x') + "'") == "1:4 a value is longer than 65536 bytes");
    BOOST_TEST(faults_of("a: |\n " + std::string(1'000'000, 'x')) == "1:4 a value is longer than 65536 bytes");
    BOOST_TEST(faults_of(std::string((1 << 20) + 1, ' ')) == "1:1 longer than 1048576 bytes");
    BOOST_TEST(faults_of("a: [" + repeated("x,", 100'001) + "]").ends_with("more than 100000 values"));
}

BOOST_AUTO_TEST_CASE(only_text_in_utf8_is_read) {
    BOOST_TEST(faults_of("title: t\nx: \xFF") == "2:4 byte 0xFF is not UTF-8");
    BOOST_TEST(faults_of("é: \xC0\x80") == "1:4 byte 0xC0 is not UTF-8");
    BOOST_TEST(faults_of("a: \xED\xA0\x80") == "1:4 byte 0xED is not UTF-8");
    BOOST_TEST(faults_of("a: \xE2\x82") == "1:4 byte 0xE2 is not UTF-8");
    BOOST_TEST(faults_of(std::string_view("a: b\0", 5)) == "1:5 control character U+0000");
    BOOST_TEST(faults_of("a: \x1b") == "1:4 control character U+001B");
    BOOST_TEST(faults_of(std::string_view("t\0i\0", 4)) == "1:2 control character U+0000");
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_and_crlf_are_no_matter) {
    const std::string text = with_test("a: x");
    std::string windows = "\xEF\xBB\xBF";
    for (const char c : text) windows += c == '\n' ? "\r\n" : std::string(1, c);
    BOOST_TEST(tree_of(windows) == tree_of(text));
    BOOST_TEST(faults_of("\xEF\xBB\xBF"
                         "a: [x, é, *b]") == "1:11 is not YAML: the referenced anchor is not defined");
}

BOOST_AUTO_TEST_CASE(keys_are_texts_and_come_once) {
    BOOST_TEST(values_of("{a: 1, b: 2, a: 3}") == "5:18 duplicate key a");
    BOOST_TEST(faults_of("title: a\nlevel: low\ntitle: b\n") == "3:1 duplicate key title");
    BOOST_TEST(faults_of("[a]: b") == "1:1 a key must be a text");
    BOOST_TEST(faults_of("? \n: b") == "2:1 a key must be a text");
}

BOOST_AUTO_TEST_CASE(merge_keys_give_what_the_map_lacks) {
    BOOST_TEST(search_of("<<: {a: b, c: e}\n    c: d") ==
               R"({"field":"c","values":["d"]},{"field":"a","values":["b"]})");
    BOOST_TEST(search_of("<<: [{a: b}, {a: c}]") == R"({"field":"a","values":["b"]})");
    BOOST_TEST(search_of("'<<': {a: b}") == "5:11 a value is a text, a number, a bool or null");
    BOOST_TEST(search_of("<<: x") == "5:9 << asks for a map or a list of maps");
    BOOST_TEST(tree_of(head + "  s: &s\n    a: x\n  t:\n    <<: *s\n    b: y\n  condition: s and t\n").find("\"t\"") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(details_are_short_and_readable) {
    BOOST_TEST(faults_of("a: \"\\é\"").ends_with("unknown escape character: \uFFFD"));
    const std::string key(1'000, 'k');
    const std::string fault = faults_of("{" + key + ": 1, " + key + ": 2}");
    BOOST_TEST(fault.ends_with("kkk..."));
    BOOST_TEST(fault.size() < 350u);
}

BOOST_AUTO_TEST_CASE(tags_other_than_yamls_own_are_refused) {
    BOOST_TEST(faults_of("a: !!python/object:os.system x") ==
               "1:4 tag tag:yaml.org,2002:python/object:os.system is not supported");
    BOOST_TEST(faults_of("a: !x {}") == "1:4 tag !x is not supported");
    BOOST_TEST(faults_of("a: !!binary eA==") == "1:4 tag tag:yaml.org,2002:binary is not supported");
}

BOOST_AUTO_TEST_CASE(what_is_no_yaml_is_refused_with_its_place) {
    BOOST_TEST(faults_of("title: t\n\tx: 1\n") == "2:1 is not YAML: illegal tab when looking for indentation");
    BOOST_TEST(faults_of("a: 'b") == "1:6 is not YAML: illegal EOF in scalar");
    BOOST_TEST(faults_of("a: [b") == "1:6 is not YAML: end of sequence flow not found");
    BOOST_TEST(faults_of(",") == "1:1 what stands here belongs to nothing");
    BOOST_TEST(faults_of("a: b\n]") == "2:1 is not YAML: illegal flow end");
    BOOST_TEST(faults_of("") == "1:1 holds no document");
    BOOST_TEST(faults_of("# nothing") == "1:1 holds no document");
    BOOST_TEST(faults_of("foo") == "1:1 a rule is a map");
    BOOST_TEST(faults_of("a: b\n---\nc: d") == "3:1 a second document starts here");
}

BOOST_AUTO_TEST_SUITE_END()
