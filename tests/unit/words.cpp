#include "base/words.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::word_list;

BOOST_AUTO_TEST_SUITE(words)

namespace {
std::string words_of(std::string_view text) {
    word_list words;
    words.add(text);
    return words.text();
}
}  // namespace

BOOST_AUTO_TEST_CASE(words_are_runs_of_letters_and_digits_in_lower_case) {
    BOOST_TEST(words_of("Microsoft-Windows-Sysmon/Operational") == "microsoft windows sysmon operational ");
    BOOST_TEST(words_of("C:\\Windows\\system32\\cmd.exe /c \"whoami\"") == "c windows system32 cmd exe whoami ");
    BOOST_TEST(words_of("0x1000 -9223372036854775808 a_b") == "0x1000 9223372036854775808 a b ");
    BOOST_TEST(words_of(" \t-- ") == "");
}

BOOST_AUTO_TEST_CASE(accents_and_case_do_not_matter) {
    BOOST_TEST(words_of("Résumé NAÏVE Łódź Straße") == words_of("resume naive lodz straße"));
    BOOST_TEST(words_of("e\xCC\x81t\xC3\xA9") == "ete ");
    BOOST_TEST(words_of("ПРИВЕТ ΑΛΦΑ") == words_of("привет αλφα"));
    BOOST_TEST(words_of("日本、東京") == "日本 東京 ");
    BOOST_TEST(words_of("a…b“c”d€e") == "a b c d e ");
    BOOST_TEST(words_of("a\xFFz") == "a z ");
}

BOOST_AUTO_TEST_CASE(a_word_is_kept_once) {
    word_list words;
    words.add("One two ONE");
    words.add("two three");
    BOOST_TEST(words.text() == "one two three ");
    BOOST_TEST(words.count() == 3u);
    BOOST_TEST(words.contains("two"));
    BOOST_TEST(!words.contains("tw"));
    words.clear();
    BOOST_TEST(words.count() == 0u);
    BOOST_TEST(!words.contains("two"));
}

BOOST_AUTO_TEST_CASE(thousands_of_words_are_told_apart) {
    word_list words;
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 20'000; ++i) words.add("word" + std::to_string(i));
    BOOST_TEST(words.count() == 20'000u);
    BOOST_TEST(words.contains("word19999"));
    words.clear();
    BOOST_TEST(!words.contains("word19999"));
}

BOOST_AUTO_TEST_CASE(a_query_asks_for_all_words_and_nothing_in_it_is_syntax) {
    word_list words;
    words.add("cmd.exe OR \"NEAR(a)\" *");
    BOOST_TEST(words.query() == R"("cmd" AND "exe" AND "or" AND "near" AND "a")");
}

BOOST_AUTO_TEST_SUITE_END()
