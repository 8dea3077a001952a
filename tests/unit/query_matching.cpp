#include "query/matcher.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::query;

BOOST_AUTO_TEST_SUITE(query_matching)

namespace {

matcher matcher_of(std::string_view text) {
    auto read = parse(text);
    BOOST_REQUIRE_MESSAGE(std::holds_alternative<expression>(read), text);
    return matcher(std::get<expression>(read));
}

event_columns columns() {
    return {.id = "0198-1",
            .host = "PC1.example",
            .source = std::nullopt,
            .channel = "Security",
            .event_code = "4688",
            .severity = "\xC3\xA9lev\xC3\xA9",
            .timestamp = 1'577'934'245'000'000,
            .received_at = 1'577'934'246'000'000};
}

constexpr std::string_view event =
    R"({"EventID":4688,"Keywords":36028797018963968,"Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd /c \"who am i\"",)"
    R"("user":{"name":"J\u00f6rg","groups":["Admins",{"name":"Backup Operators"},"Users"]},"a.b":{"c":"deep"},"Level":"4",)"
    R"("empty":"","nil":null,"list":[],"temp":-1.50,"big":1e400,"city":")"
    "\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD"
    R"(","t":true})";

bool finds(std::string_view query) { return matcher_of(query).matches(event, columns()); }
bool finds(std::string_view query, std::string_view fields) { return matcher_of(query).matches(fields, {}); }

}  // namespace

BOOST_AUTO_TEST_CASE(words_are_found_whole_in_values_in_any_case) {
    for (const auto query : {"cmd", "CMD", "Windows", "4688", "operators", "36028797018963968", "true", "cmd.exe",
                             "exe.cmd", "deep users", "J\xC3\xB6rg", "jorg", "1", "50"})
        BOOST_TEST(finds(query), query);
    for (const auto query :
         {"Image", "CommandLine", "cm", "md", "window", "468", "3602879701896396", "null", "zzz", "cmd zzz"})
        BOOST_TEST(!finds(query), query);
}

BOOST_AUTO_TEST_CASE(a_phrase_is_within_one_value_in_order) {
    BOOST_TEST(finds("\"who am i\""));
    BOOST_TEST(finds("\"WHO  am\""));
    BOOST_TEST(!finds("\"am who\""));
    BOOST_TEST(!finds("\"who i\""));
    BOOST_TEST(!finds("\"admins users\""));
    BOOST_TEST(!finds("\"exe cmd\""));
    BOOST_TEST(finds("\"a a b\"", R"({"k":"a a a b"})"));
    BOOST_TEST(!finds("\"a b\"", R"({"k":"a","l":"b"})"));
}

BOOST_AUTO_TEST_CASE(a_prefix_is_the_beginning_of_a_word) {
    BOOST_TEST(finds("syst*"));
    BOOST_TEST(finds("system32*"));
    BOOST_TEST(finds("J\xC3\xB6*"));
    BOOST_TEST(!finds("ystem*"));
    BOOST_TEST(finds("Image:system32.c*"));
    BOOST_TEST(!finds("Image:windows.c*"));
}

BOOST_AUTO_TEST_CASE(and_or_not_decide) {
    BOOST_TEST(finds("cmd -zzz"));
    BOOST_TEST(!finds("cmd -exe"));
    BOOST_TEST(finds("zzz OR cmd"));
    BOOST_TEST(!finds("zzz OR yyy"));
    BOOST_TEST(finds("-zzz"));
    BOOST_TEST(!finds("NOT (zzz OR cmd)"));
    BOOST_TEST(finds("NOT NOT cmd"));
    BOOST_TEST(!finds("\"cmd\" AND NOT (exe)"));
}

BOOST_AUTO_TEST_CASE(a_field_is_found_nested_dotted_and_in_arrays) {
    BOOST_TEST(finds("EventID:4688"));
    BOOST_TEST(!finds("eventid:4688"));
    BOOST_TEST(!finds("EventID:36028797018963968"));
    BOOST_TEST(finds("user.name:jorg"));
    BOOST_TEST(finds("user.groups:admins user.groups:users"));
    BOOST_TEST(finds("user.groups.name:\"backup operators\""));
    BOOST_TEST(!finds("user.groups:backup"));
    BOOST_TEST(finds("a.b.c:deep"));
    BOOST_TEST(!finds("b.c:deep"));
    BOOST_TEST(!finds("name:jorg"));
    BOOST_TEST(finds("Image:cmd.exe"));
    BOOST_TEST(!finds("Image:exe.cmd"));
    BOOST_TEST(finds("x:1", R"({"x":[{"y":2},1]})"));
    BOOST_TEST(finds("x:1", R"({"x":2,"x":1})"));
}

BOOST_AUTO_TEST_CASE(a_field_exists_with_any_value_but_null) {
    for (const auto query :
         {"EventID:*", "empty:*", "list:*", "user:*", "user.groups:*", "user.groups.name:*", "a.b:*", "a.b.c:*", "t:*"})
        BOOST_TEST(finds(query), query);
    for (const auto query : {"nil:*", "a:*", "user.x:*", "Event:*"}) BOOST_TEST(!finds(query), query);
}

BOOST_AUTO_TEST_CASE(an_exact_value_is_the_text_byte_for_byte) {
    BOOST_TEST(finds(R"(Image:="C:\Windows\System32\cmd.exe")"));
    BOOST_TEST(!finds(R"(Image:="c:\Windows\System32\cmd.exe")"));
    BOOST_TEST(!finds("Image:=cmd"));
    BOOST_TEST(finds("EventID:=4688 Level:=4 t:=true temp:=-1.50"));
    BOOST_TEST(!finds("temp:=-1.5"));
    BOOST_TEST(finds("empty:=\"\""));
    BOOST_TEST(finds("user.name:=J\xC3\xB6rg"));
    BOOST_TEST(!finds("user.name:=Jorg"));
}

BOOST_AUTO_TEST_CASE(numbers_compare_as_numbers_and_never_round) {
    BOOST_TEST(finds("Keywords:>36028797018963967 Keywords:<36028797018963969"));
    BOOST_TEST(!finds("Keywords:>36028797018963968"));
    BOOST_TEST(finds("Keywords:>=36028797018963968.0 Keywords:<=3.6028797018963968e16"));
    BOOST_TEST(finds("Level:>=4"));
    BOOST_TEST(!finds("Level:>4"));
    BOOST_TEST(finds("temp:<-1.4 temp:>-1.6 temp:<=-1.5 temp:<0"));
    BOOST_TEST(finds("big:>1e399 big:<1e401"));
    BOOST_TEST(!finds("Image:>0"));
    BOOST_TEST(!finds("Image:<0"));
    BOOST_TEST(!finds("zzz:<1"));
    BOOST_TEST(finds("n:>=0 n:<=0", R"({"n":-0.0})"));
    BOOST_TEST(finds("n:<0.01 n:>0.0099", R"({"n":"0.00999"})"));
    BOOST_TEST(!finds("n:>1", R"({"n":"0x80"})"));
}

BOOST_AUTO_TEST_CASE(columns_are_named_by_their_names) {
    BOOST_TEST(finds("host:pc1 channel:security event_code:4688 event_code:>4000 severity:eleve id:0198-1"));
    BOOST_TEST(finds("host:=PC1.example host:PC1.ex* host:*"));
    BOOST_TEST(!finds("host:=pc1.example"));
    BOOST_TEST(!finds("source:*"));
    BOOST_TEST(!finds("source:x"));
    BOOST_TEST(finds("-source:*"));
    BOOST_TEST(finds("timestamp:>=2020-01-02T03:04:05Z timestamp:<2020-01-02T03:04:06Z received_at:>1577934245"));
    BOOST_TEST(!finds("timestamp:>2020-01-02T03:04:05Z"));
    BOOST_TEST(!finds("host:x", R"({"host":"x"})"));
}

BOOST_AUTO_TEST_CASE(scripts_without_blanks_are_found_inside) {
    BOOST_TEST(finds("\xE4\xBA\xAC"));
    BOOST_TEST(finds("\xE6\x9D\xB1\xE4\xBA\xAC"));
    BOOST_TEST(finds("city:\xE4\xBA\xAC\xE9\x83\xBD"));
    BOOST_TEST(!finds("\xE4\xBA\xAC\xE6\x9D\xB1"));
    BOOST_TEST(finds("\xEF\xBE\x8A\xEF\xBE\x9E", "{\"k\":\"\xE3\x83\x90\"}"));  // half-width BA
}

BOOST_AUTO_TEST_CASE(case_and_accents_do_not_matter_in_any_alphabet) {
    BOOST_TEST(finds("STRASSE",
                     "{\"k\":\"Stra\xC3\x9F"
                     "e\"}"));
    BOOST_TEST(
        finds("\xCE\xA3\xCE\x9F\xCE\xA6\xCE\x9F\xCE\xA3", "{\"k\":\"\xCF\x83\xCE\xBF\xCF\x86\xCF\x8C\xCF\x82\"}"));
    BOOST_TEST(finds("\xD0\xBF\xD1\x80\xD0\xB8", "{\"k\":\"\xD0\x9F\xD0\xA0\xD0\x98\"}"));
    BOOST_TEST(finds("ete", "{\"k\":\"e\xCC\x81t\xC3\x89\"}"));
    BOOST_TEST(finds("abc", "{\"k\":\"\xEF\xBC\xA1\xEF\xBC\xA2\xEF\xBC\xA3\"}"));
    BOOST_TEST(finds("abc", R"({"k":"\uFF21\uff22C"})"));
    BOOST_TEST(finds("a b",
                     "{\"k\":\"a\xE2\x80\xA6"
                     "b\"}"));
    BOOST_TEST(!finds("ab",
                      "{\"k\":\"a\xE2\x80\xA6"
                      "b\"}"));
}

BOOST_AUTO_TEST_CASE(escapes_hide_nothing) {
    BOOST_TEST(finds("power", R"({"k":"\u0070ower"})"));
    BOOST_TEST(finds("k:power", R"({"\u006b":"power"})"));
    BOOST_TEST(finds("temp", R"({"k":"C:\\\\temp"})"));
    BOOST_TEST(finds("temp", R"({"k":"\\temp"})"));
    BOOST_TEST(finds("emp", R"({"k":"\temp"})"));
    BOOST_TEST(!finds("temp", R"({"k":"\temp"})"));
    BOOST_TEST(finds("u0070ower", R"({"k":"\\u0070ower"})"));
    BOOST_TEST(!finds("power", R"({"k":"\\u0070ower"})"));
}

BOOST_AUTO_TEST_CASE(long_words_are_compared_to_their_end) {
    const std::string word(60, 'x');
    for (const std::size_t before : {0u, 1u, 14u, 15u, 16u, 17u, 40u}) {
        const std::string fields = "{\"k\":\"" + std::string(before, '.') + word + "\"}";
        BOOST_TEST(finds(word, fields));
        BOOST_TEST(finds(word.substr(0, 40) + "*", fields));
        BOOST_TEST(!finds(word.substr(0, 59), fields));
        BOOST_TEST(!finds(word + "x", fields));
        BOOST_TEST(!finds(word.substr(0, 59) + "y", fields));
    }
}

BOOST_AUTO_TEST_CASE(many_texts_at_once_are_refused_only_if_none_can_match) {
    const std::string two = std::string(event) + "\n" + R"({"k":"whoami"})";
    BOOST_TEST(matcher_of("whoami cmd").can_match(two));
    BOOST_TEST(matcher_of("host:x whoami").can_match(two));
    BOOST_TEST(matcher_of("-zzz").can_match(R"({"k":"whoami"})"));
    BOOST_TEST(!matcher_of("zzz").can_match(R"({"k":"whoami"})"));
    BOOST_TEST(!matcher_of("host:x zzz").can_match(R"({"k":"whoami"})"));
    BOOST_TEST(matcher_of("zzz").can_match(R"({"k":"\u007azz"})"));
}

BOOST_AUTO_TEST_CASE(a_plain_text_is_searched_alike) {
    BOOST_TEST(matcher_of("suspicious -\"false alarm\" power*").matches_text("Suspicious PowerShell"));
    BOOST_TEST(!matcher_of("suspicious -\"false alarm\"").matches_text("Suspicious: a false alarm"));
    BOOST_TEST(!matcher_of("host:x").matches_text("host:x"));
}

BOOST_AUTO_TEST_CASE(a_matcher_forgets_the_event_before) {
    matcher once = matcher_of("alpha beta OR f:*");
    BOOST_TEST(once.matches(R"({"k":"alpha beta"})", {}));
    BOOST_TEST(!once.matches(R"({"k":"alpha"})", {}));
    BOOST_TEST(!once.matches(R"({"k":"beta"})", {}));
    BOOST_TEST(once.matches(R"({"f":0})", {}));
    BOOST_TEST(!once.matches(R"({"k":0})", {}));
}

BOOST_AUTO_TEST_SUITE_END()
