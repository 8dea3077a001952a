#include "cli/retry.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::cli;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(retry)

BOOST_AUTO_TEST_CASE(only_what_may_pass_is_tried_again) {
    for (const int status : {0, 429, 502, 503, 504}) BOOST_TEST(wait_before_retry(1, status, "").has_value(), status);
    for (const int status : {201, 400, 404, 409, 413, 415, 421, 422, 500, 507})
        BOOST_TEST(!wait_before_retry(1, status, "1").has_value(), status);
}

BOOST_AUTO_TEST_CASE(the_server_says_how_long_within_reason) {
    BOOST_TEST(wait_before_retry(1, 503, "7").value().count() == 7'000);
    BOOST_TEST(wait_before_retry(1, 503, "0").value().count() == 0);
    BOOST_TEST(wait_before_retry(1, 503, "86400").value().count() == 60'000);
    BOOST_TEST(wait_before_retry(1, 503, "soon").value().count() == 100);
}

BOOST_AUTO_TEST_CASE(the_server_may_name_a_date) {
    BOOST_TEST(wait_before_retry(1, 503, "Fri, 31 Dec 9999 23:59:59 GMT").value().count() == 60'000);
    // Its clock may be behind: then the wait is what it would be without a date.
    BOOST_TEST(wait_before_retry(3, 503, "Sun, 06 Nov 1994 08:49:37 GMT").value().count() == 400);
    BOOST_TEST(wait_before_retry(1, 503, "Fri, 32 Dec 9999 23:59:59 GMT").value().count() == 100);
}

BOOST_AUTO_TEST_CASE(waits_grow_and_attempts_end) {
    milliseconds last{0};
    for (int attempt = 1; attempt < attempts_max; ++attempt) {
        const auto wait = wait_before_retry(attempt, 0, "").value();
        BOOST_TEST(wait.count() > last.count());
        last = wait;
    }
    BOOST_TEST(!wait_before_retry(attempts_max, 0, "").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
