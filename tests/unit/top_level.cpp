#include "json/top_level.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(top_level)

namespace {
std::string value_of(std::string_view object, std::string_view key) {
    std::string scratch;
    const auto found = carrel::json::top_level_value(object, key, scratch);
    return found ? std::string(*found) : "(none)";
}
}  // namespace

BOOST_AUTO_TEST_CASE(numbers_come_as_they_stand_and_strings_decoded) {
    constexpr std::string_view event =
        R"( { "Keywords" : 36028797018963968 , "r":1.50e1,"t":true,"f":false,"n":null,"s":"a\"b\\\u00e4\ud83d\ude00\n","e":"" } )";
    BOOST_TEST(value_of(event, "Keywords") == "36028797018963968");
    BOOST_TEST(value_of(event, "r") == "1.50e1");
    BOOST_TEST(value_of(event, "t") == "true");
    BOOST_TEST(value_of(event, "f") == "false");
    BOOST_TEST(value_of(event, "n") == "null");
    BOOST_TEST(value_of(event, "s") == "a\"b\\ä😀\n");
    BOOST_TEST(value_of(event, "e") == "");
    BOOST_TEST(value_of(event, "missing") == "(none)");
}

BOOST_AUTO_TEST_CASE(only_top_level_keys_count) {
    constexpr std::string_view event =
        R"({"a":{"x":1,"s":"}]\"{","y":[{"x":2}]},"b":["x",{"x":3}],"v":"\"x\":4","x":5})";
    BOOST_TEST(value_of(event, "x") == "5");
    BOOST_TEST(value_of(event, "a") == R"({"x":1,"s":"}]\"{","y":[{"x":2}]})");
    BOOST_TEST(value_of(event, "b") == R"(["x",{"x":3}])");
    BOOST_TEST(value_of(event, "s") == "(none)");
}

BOOST_AUTO_TEST_CASE(keys_are_compared_by_what_they_stand_for) {
    BOOST_TEST(value_of(R"({"\u0061b":1})", "ab") == "1");
    BOOST_TEST(value_of(R"({"a\\b":1,"a/b":2})", "a\\b") == "1");
    BOOST_TEST(value_of(R"({"a\nb":1})", R"(a\nb)") == "(none)");
    BOOST_TEST(value_of(R"({"":1})", "") == "1");
    BOOST_TEST(value_of(R"({"k":1,"k":2})", "k") == "1");
    BOOST_TEST(value_of("{}", "k") == "(none)");
}

BOOST_AUTO_TEST_CASE(long_strings_with_escapes_end_where_they_end) {
    for (std::size_t size = 0; size < 70; ++size)
        for (const std::string tail : {"", "\\\\", "\\\"", "\\\\\\\"", "\\\\\\\\"}) {
            const std::string text = std::string(size, '.') + tail;
            BOOST_TEST(value_of("{\"long\":\"" + text + "\",\"nested\":[\"" + text + "\",{}],\"key\":7}", "key") ==
                       "7");
        }
}

BOOST_AUTO_TEST_CASE(what_is_no_object_has_no_values_and_is_read_to_its_end_at_most) {
    const std::string whole = R"({"a":"x\"y","b":{"c":[1,"}"]},"d":12,"e":"\ud83d\ude00"})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        // A copy of its own size, so that a sanitizer sees a read beyond it.
        const std::string cut(whole, 0, size);
        BOOST_TEST(value_of(cut, "missing") == "(none)");
        value_of(cut, "e");
    }
    BOOST_TEST(value_of("[{\"a\":1}]", "a") == "(none)");
    BOOST_TEST(value_of("null", "a") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_lone_surrogate_becomes_a_replacement_character) {
    BOOST_TEST(value_of(R"({"a":"\ud800x","b":"\udc00","c":"\ud800\u0041"})", "a") == "\xEF\xBF\xBDx");
    BOOST_TEST(value_of(R"({"a":"\ud800x","b":"\udc00","c":"\ud800\u0041"})", "c") ==
               "\xEF\xBF\xBD"
               "A");
}

BOOST_AUTO_TEST_SUITE_END()
