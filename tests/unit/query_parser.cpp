#include "query/expression.hpp"
#include "query/limits.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::query;

BOOST_AUTO_TEST_SUITE(query_grammar)

namespace {

// The expression in full, or `position: reason`.
std::string read(std::string_view text) {
    const auto read = parse(text);
    if (const auto* error = std::get_if<syntax_error>(&read))
        return std::to_string(error->position) + ": " + error->reason;
    return describe(std::get<expression>(read));
}
// Where the fault is; 0 if there is none.
std::size_t fault_at(std::string_view text) {
    const auto read = parse(text);
    const auto* error = std::get_if<syntax_error>(&read);
    BOOST_TEST((error == nullptr || !error->reason.empty()));
    return error == nullptr ? 0 : error->position;
}
std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(words_are_all_asked_for_unless_or_stands_between) {
    BOOST_TEST(read("power") == "power");
    BOOST_TEST(read(" Power\tSHELL\n") == "(power AND shell)");
    BOOST_TEST(read("a AND b") == "(a AND b)");
    BOOST_TEST(read("a b OR c d") == "((a AND b) OR (c AND d))");
    BOOST_TEST(read("a (b OR c) d") == "(a AND (b OR c) AND d)");
    BOOST_TEST(read("a(b)c") == "(a AND b AND c)");
    BOOST_TEST(read("and or not ANDY ORB NOTE") == "(and AND or AND not AND andy AND orb AND note)");
    BOOST_TEST(read("a\xC2\xA0OR\xE3\x80\x80"
                    "b") == "(a OR b)");
}

BOOST_AUTO_TEST_CASE(a_minus_and_not_exclude) {
    BOOST_TEST(read("-a b") == "(NOT a AND b)");
    BOOST_TEST(read("NOT a OR b") == "(NOT a OR b)");
    BOOST_TEST(read("NOT NOT a") == "NOT NOT a");
    BOOST_TEST(read("-(a OR b)") == "NOT (a OR b)");
    BOOST_TEST(read("-\"a b\" -x:y") == "(NOT \"a b\" AND NOT x:y)");
    BOOST_TEST(read("NOT(a)") == "NOT a");
    BOOST_TEST(read("a-b") == "(a AND b)");
    BOOST_TEST(read("\\-1") == "1");
}

BOOST_AUTO_TEST_CASE(a_text_of_several_words_is_cut_as_the_values_are) {
    BOOST_TEST(read("cmd.exe") == "(cmd AND exe)");
    BOOST_TEST(read("Microsoft-Windows-Sysmon/Operational") == "(microsoft AND windows AND sysmon AND operational)");
    BOOST_TEST(read("\"cmd.exe /c\"") == "\"cmd exe c\"");
    BOOST_TEST(read("R\xC3\x89SUM\xC3\x89 \xEF\xAC\x81le Stra\xC3\x9F"
                    "e \xC5\x81\xC3\xB3"
                    "d\xC5\xBA") == "(resume AND file AND strasse AND lodz)");
    BOOST_TEST(read("\xE6\x9D\xB1\xE4\xBA\xAC") == "\xE6\x9D\xB1\xE4\xBA\xAC~");
}

BOOST_AUTO_TEST_CASE(an_asterisk_behind_a_word_asks_for_its_beginning) {
    BOOST_TEST(read("pre*") == "pre*");
    BOOST_TEST(read("a.pre* b") == "((a AND pre*) AND b)");
    BOOST_TEST(read("f:a.pre*") == "f:\"a pre*\"");
    BOOST_TEST(read("(pre*)") == "pre*");
    BOOST_TEST(read("a\\*b") == "(a AND b)");
    BOOST_TEST(read("\"a*\"") == "a");
}

BOOST_AUTO_TEST_CASE(a_field_has_a_value_a_phrase_or_is_there) {
    BOOST_TEST(read("EventID:4688") == "EventID:4688");
    BOOST_TEST(read("winlog.event_data.Image:cmd.exe") == "winlog.event_data.Image:\"cmd exe\"");
    BOOST_TEST(read("f:\"a phrase\"") == "f:\"a phrase\"");
    BOOST_TEST(read("f:*") == "f:*");
    BOOST_TEST(read("f:a:b") == "f:\"a b\"");
    BOOST_TEST(read("a\\:b:c") == "a:b:c");
    BOOST_TEST(read("my\\ field:x") == "my field:x");
    BOOST_TEST(read("host:pc1 Host:pc1") == "(@host:pc1 AND Host:pc1)");
    BOOST_TEST(read("f:=4688") == "f:='4688'");
    BOOST_TEST(read("f:=\"C:\\Windows\\\"x\\\" \"") == "f:='C:\\Windows\"x\" '");
    BOOST_TEST(read("OR:x") == "OR:x");
}

BOOST_AUTO_TEST_CASE(numbers_and_times_are_compared) {
    BOOST_TEST(read("n:>=10 n:>-1.5e3 n:<36028797018963969 n:<=\"7\"") ==
               "(n:>=10 AND n:>-1.5e3 AND n:<36028797018963969 AND n:<=7)");
    BOOST_TEST(read("timestamp:>=2020-01-02T03:04:05Z") == "@timestamp:>=1577934245000000");
    BOOST_TEST(read("timestamp:<2020-01-02") == "@timestamp:<1577923200000000");
    BOOST_TEST(read("received_at:>1577934245") == "@received_at:>1577934245000000");
    BOOST_TEST(read("timestamp:*") == "@timestamp:*");
    BOOST_TEST(fault_at("a timestamp:>=soon") == 15u);
    BOOST_TEST(fault_at("timestamp:2020") == 11u);
    BOOST_TEST(fault_at("n:>x") == 4u);
    BOOST_TEST(fault_at("n:>") == 4u);
    BOOST_TEST(fault_at("n:>10*") == 4u);
}

BOOST_AUTO_TEST_CASE(a_path_of_windows_is_words) {
    BOOST_TEST(read("C:\\windows\\system32") == "(c AND windows AND system32)");
    BOOST_TEST(read("c:\\\\temp") == "(c AND temp)");
    BOOST_TEST(read("\"C:\\windows\\n\"") == "\"c windows n\"");
    BOOST_TEST(read("c:temp") == "c:temp");
    BOOST_TEST(read("c:\\-5") == "c:5");
    BOOST_TEST(read("7:\\x") == "7:x");
}

BOOST_AUTO_TEST_CASE(what_is_not_understood_is_a_fault_at_its_place) {
    for (const auto& [text, position] :
         std::initializer_list<std::pair<std::string_view, std::size_t>>{{"", 1},
                                                                         {"  ", 1},
                                                                         {"(", 2},
                                                                         {"()", 2},
                                                                         {")", 1},
                                                                         {"a)", 2},
                                                                         {"(a", 1},
                                                                         {"a (b (c)", 3},
                                                                         {"OR", 1},
                                                                         {"OR a", 1},
                                                                         {"a OR", 5},
                                                                         {"a OR OR b", 6},
                                                                         {"AND a", 1},
                                                                         {"a AND", 6},
                                                                         {"a AND AND b", 7},
                                                                         {"a AND OR b", 7},
                                                                         {"NOT", 4},
                                                                         {"a NOT", 6},
                                                                         {"-", 1},
                                                                         {"a - b", 3},
                                                                         {"--a", 1},
                                                                         {"-NOT a", 2},
                                                                         {"(-)", 2},
                                                                         {"\"a", 1},
                                                                         {"a \"b", 3},
                                                                         {"\"a\"b", 4},
                                                                         {"a\"b\"", 2},
                                                                         {"\"--\"", 1},
                                                                         {"a && b", 3},
                                                                         {"*", 1},
                                                                         {"*a", 1},
                                                                         {"a*b", 2},
                                                                         {"a**", 2},
                                                                         {"a-*", 1},
                                                                         {"\"a\"*", 4},
                                                                         {":x", 1},
                                                                         {"f:", 3},
                                                                         {"f: x", 3},
                                                                         {"f:(a)", 3},
                                                                         {"f:)", 3},
                                                                         {"f*:x", 1},
                                                                         {"f:--", 3},
                                                                         {"f:*a", 3},
                                                                         {"f:a*b", 4},
                                                                         {"f:=", 3},
                                                                         {"f:=a*", 5},
                                                                         {"a\\", 2},
                                                                         {"*\"()", 2},
                                                                         {"\xC3\xA9 \xC3\xA9 )", 5},
                                                                         {"a \xFF", 3},
                                                                         {"host:=", 6}})
        BOOST_TEST(fault_at(text) == position, text << " is refused at " << read(text));
}

BOOST_AUTO_TEST_CASE(queries_are_bounded) {
    BOOST_TEST(fault_at(repeated("a", text_max)) == 0u);
    BOOST_TEST(fault_at(repeated("a", text_max + 1)) == text_max + 1);
    BOOST_TEST(fault_at(repeated("w ", terms_max)) == 0u);
    BOOST_TEST(fault_at(repeated("w ", terms_max + 1)) == 2 * terms_max + 1);
    BOOST_TEST(fault_at(repeated("w.", terms_max + 1)) == 1u);
    BOOST_TEST(fault_at('"' + repeated("w ", phrase_max) + '"') == 0u);
    BOOST_TEST(fault_at('"' + repeated("w ", phrase_max + 1) + '"') != 0u);
    BOOST_TEST(fault_at(repeated("(", nesting_max) + "a" + repeated(")", nesting_max)) == 0u);
    BOOST_TEST(fault_at(repeated("(", nesting_max + 1) + "a" + repeated(")", nesting_max + 1)) == nesting_max + 1);
    BOOST_TEST(fault_at(repeated("NOT ", nesting_max + 1) + "a") == 4 * nesting_max + 1);
    BOOST_TEST(fault_at(repeated("-(", nesting_max + 1) + "a") == 2 * nesting_max + 2);
    BOOST_TEST(fault_at(repeated("k", path_max) + ":x") == 0u);
    BOOST_TEST(fault_at(repeated("k", path_max + 1) + ":x") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
