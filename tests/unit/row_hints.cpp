#include "resource/row_hints.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using carrel::siem::row_hints;

namespace {

std::uint64_t key(int i) { return row_hints::key_of("alerts", std::to_string(i)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(row_hints_of_a_thread)

BOOST_AUTO_TEST_CASE(what_was_learnt_last_is_found) {
    row_hints hints;
    BOOST_TEST(hints.find(key(1)) == 0);
    hints.add(key(1), 7);
    BOOST_TEST(hints.find(key(1)) == 7);
    hints.add(key(1), 8);
    BOOST_TEST(hints.find(key(1)) == 8);
    BOOST_TEST(hints.size() == 1u);
}

BOOST_AUTO_TEST_CASE(tables_are_told_apart) {
    BOOST_TEST(row_hints::key_of("alerts", "x") != row_hints::key_of("events", "x"));
}

BOOST_AUTO_TEST_CASE(it_grows_with_what_it_is_told) {
    row_hints hints;
    for (int i = 1; i <= 20'000; ++i) hints.add(key(i), i);
    int known = 0;
    for (int i = 1; i <= 20'000; ++i) {
        const auto row = hints.find(key(i));
        BOOST_TEST_REQUIRE((row == 0 || row == i));
        known += row == i ? 1 : 0;
    }
    BOOST_TEST(known > 18'000);
}

BOOST_AUTO_TEST_CASE(it_is_bounded_and_forgets) {
    row_hints hints;
    for (int i = 1; i <= 500'000; ++i) hints.add(key(i), i);
    BOOST_TEST(hints.size() <= 262'144u);
    BOOST_TEST(hints.find(key(500'000)) == 500'000);
}

BOOST_AUTO_TEST_SUITE_END()
