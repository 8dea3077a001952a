#include "cli/progress.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::cli;

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(a_bar_fills_with_the_share_done) {
    BOOST_TEST(bar_text("a", 0, "", 4) == "a [    ]   0% ");
    BOOST_TEST(bar_text("a", 0.5, "x", 4) == "a [##  ]  50% x");
    BOOST_TEST(bar_text("a", 1, "", 4) == "a [####] 100% ");
    BOOST_TEST(bar_text("a", 7, "", 4) == "a [####] 100% ");
    BOOST_TEST(bar_text("a", -1, "", 4) == "a [    ]   0% ");
}

BOOST_AUTO_TEST_SUITE_END()
