#include "cli/repeat_filter.hpp"

#include <boost/test/unit_test.hpp>

using carrel::cli::repeat_filter;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(repeats)

namespace {
const repeat_filter::time_point start{};
}

BOOST_AUTO_TEST_CASE(a_few_of_a_kind_pass_and_the_rest_are_counted_once) {
    repeat_filter filter;
    int passed = 0;
    for (int i = 0; i < 300; ++i)
        passed += filter.passes(3, "request 4f-" + std::to_string(i) + ": disk full", start + 100ms * i);
    BOOST_TEST(passed == 5);
    BOOST_TEST(filter.due(start + 59s).empty());
    const auto due = filter.due(start + 60s);
    BOOST_TEST_REQUIRE(due.size() == 1u);
    BOOST_TEST(due[0].level == 3);
    BOOST_TEST(due[0].text == "request 4f-299: disk full (295 more like it within a minute)");
    BOOST_TEST(filter.due(start + 200s).empty());
    BOOST_TEST(filter.passes(3, "request 4f-7: disk full", start + 61s));
}

BOOST_AUTO_TEST_CASE(other_entries_pass_beside_them) {
    repeat_filter filter;
    for (int i = 0; i < 20; ++i) filter.passes(3, "a", start);
    BOOST_TEST(!filter.passes(3, "a", start));
    BOOST_TEST(filter.passes(2, "a", start));
    BOOST_TEST(filter.passes(3, "b", start));
}

BOOST_AUTO_TEST_CASE(the_end_reports_what_is_counted_so_far) {
    repeat_filter filter;
    for (int i = 0; i < 7; ++i) filter.passes(3, "a", start);
    filter.passes(3, "b", start);
    BOOST_TEST(filter.due(repeat_filter::time_point::max()).size() == 1u);
}

// Texts that somebody makes up, such as ids without a digit, are each a kind of their own.
BOOST_AUTO_TEST_CASE(kinds_are_bounded_and_what_is_beyond_them_is_counted_together) {
    repeat_filter filter;
    const auto made_up = [](std::size_t i) { return std::string(i + 1, 'x'); };
    for (std::size_t i = 0; i < repeat_filter::kinds_max; ++i) BOOST_TEST(filter.passes(3, made_up(i), start));
    std::size_t passed = 0;
    for (std::size_t i = 0; i < 1'000; ++i) passed += filter.passes(3, made_up(repeat_filter::kinds_max + i), start);
    BOOST_TEST(passed == repeat_filter::passed_max);
    BOOST_TEST(filter.passes(3, made_up(0), start));  // what is known is counted as before
    BOOST_TEST(filter.passes(2, "another level", start));
    const auto due = filter.due(start + 60s);
    BOOST_TEST_REQUIRE(due.size() == 1u);
    BOOST_TEST(due[0].text == made_up(repeat_filter::kinds_max + 999) + " (995 more of other kinds within a minute)");
    BOOST_TEST(filter.passes(3, "room again", start + 61s));
    BOOST_TEST(filter.passes(3, "and again", start + 61s));
}

BOOST_AUTO_TEST_SUITE_END()
