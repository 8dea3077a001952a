#include "outbound/retry_after.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace carrel::outbound;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::system_clock;

BOOST_AUTO_TEST_SUITE(retry_after)

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT, of RFC 9110.
constexpr sys_seconds example{seconds(784'111'777)};

// As seen half a second after the whole one.
std::optional<std::int64_t> wait_wanted(std::string_view value, sys_seconds now = example - seconds(7)) {
    const auto found = parse_retry_after(value, system_clock::time_point(now) + std::chrono::milliseconds(500));
    return found ? std::optional(found->count()) : std::nullopt;
}

}  // namespace

BOOST_AUTO_TEST_CASE(seconds_are_digits_and_bounded) {
    BOOST_TEST(wait_wanted("0").value() == 0);
    BOOST_TEST(wait_wanted("7").value() == 7);
    BOOST_TEST(wait_wanted(" 007\t").value() == 7);
    for (const auto* const far : {"60", "61", "86400", "4294967296", "99999999999999999999999999"})
        BOOST_TEST(wait_wanted(far).value() == 60, far);
}

BOOST_AUTO_TEST_CASE(a_date_in_each_of_its_forms_counts_from_now) {
    for (const auto* const date :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
        BOOST_TEST((parse_http_date(date, example) == example), date);
        BOOST_TEST(wait_wanted(date).value() == 7, date);
    }
    BOOST_TEST((parse_http_date("Thu Nov 17 08:49:37 1994", example) == example + std::chrono::days(11)));
}

BOOST_AUTO_TEST_CASE(a_date_that_has_passed_asks_for_nothing_and_one_far_away_is_bounded) {
    BOOST_TEST(!wait_wanted("Sun, 06 Nov 1994 08:49:37 GMT", example));
    BOOST_TEST(!wait_wanted("Sun, 06 Nov 1994 08:49:37 GMT", example + seconds(1)));
    BOOST_TEST(!wait_wanted("Sun, 06 Nov 1994 08:49:37 GMT", example + std::chrono::years(40)));
    BOOST_TEST(!wait_wanted("Thu, 01 Jan 0001 00:00:00 GMT"));
    BOOST_TEST(wait_wanted("Sun, 06 Nov 1994 08:49:37 GMT", example - seconds(60)).value() == 60);
    BOOST_TEST(wait_wanted("Sun, 06 Nov 1994 08:49:37 GMT", example - std::chrono::days(1)).value() == 60);
    BOOST_TEST(wait_wanted("Fri, 31 Dec 9999 23:59:59 GMT").value() == 60);
}

BOOST_AUTO_TEST_CASE(a_year_of_two_digits_is_at_most_fifty_years_ahead) {
    const auto year = [](std::string_view two, int now) {
        const auto at = std::chrono::sys_days(std::chrono::year(now) / 6 / 15);
        const auto text = "Monday, 01-Jan-" + std::string(two) + " 00:00:00 GMT";
        const auto found = parse_http_date(text, at);
        return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(*found)).year());
    };
    BOOST_TEST(year("94", 1994) == 1994);
    BOOST_TEST(year("94", 2026) == 1994);
    BOOST_TEST(year("26", 2026) == 2026);
    BOOST_TEST(year("76", 2026) == 2076);
    BOOST_TEST(year("77", 2026) == 1977);
    BOOST_TEST(year("03", 2099) == 2103);
}

BOOST_AUTO_TEST_CASE(nonsense_asks_for_nothing) {
    for (const auto* const text : {"",
                                   " ",
                                   "soon",
                                   "-1",
                                   "+1",
                                   "1.5",
                                   "7s",
                                   "7 8",
                                   "0x10",
                                   "1e3",
                                   "Sun",
                                   "Sunday",
                                   "Sun, ",
                                   "Sun, 06 Nov 1994 08:49:37",
                                   "Sun, 06 Nov 1994 08:49:37 UTC",
                                   "Sun, 06 Nov 1994 08:49:37 GMT+1",
                                   "Sun, 06 Nov 1994 08:49:37 +0000",
                                   "Sun, 6 Nov 1994 08:49:37 GMT",
                                   "Sun, 06 Nov 94 08:49:37 GMT",
                                   "Sun 06 Nov 1994 08:49:37 GMT",
                                   "Xyz, 06 Nov 1994 08:49:37 GMT",
                                   "sun, 06 nov 1994 08:49:37 gmt",
                                   "Sun, 31 Nov 1994 08:49:37 GMT",
                                   "Sun, 00 Nov 1994 08:49:37 GMT",
                                   "Sun, 06 Nov 1994 24:00:00 GMT",
                                   "Sun, 06 Nov 1994 08:60:00 GMT",
                                   "Sun, 06 Nov 1994 08:49:61 GMT",
                                   "Sun, 06-Nov-94 08:49:37 GMT",
                                   "Sunday, 06-Nov-1994 08:49:37 GMT",
                                   "Sunday, 06 Nov 94 08:49:37 GMT",
                                   "Sun Nov 6 08:49:37 1994",
                                   "Sun Nov 06 08:49:37 94",
                                   "Sun Nov  6 08:49:37 1994 GMT",
                                   "1994-11-06T08:49:37Z",
                                   "784111777.5"})
        BOOST_TEST(!wait_wanted(text), text);
}

BOOST_AUTO_TEST_CASE(a_leap_second_is_the_one_after_it) {
    BOOST_TEST((parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", example) ==
                sys_seconds(std::chrono::sys_days(std::chrono::year(2017) / 1 / 1))));
}

BOOST_AUTO_TEST_SUITE_END()
