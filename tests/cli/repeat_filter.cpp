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

BOOST_AUTO_TEST_CASE(kinds_are_bounded) {
    repeat_filter filter;
    for (std::size_t i = 0; i < 2 * repeat_filter::kinds_max; ++i)
        BOOST_TEST(filter.passes(3, std::string(i + 1, 'x'), start));
    const std::string late(2 * repeat_filter::kinds_max, 'x');
    for (int i = 0; i < 20; ++i) BOOST_TEST(filter.passes(3, late, start));
}

BOOST_AUTO_TEST_SUITE_END()
