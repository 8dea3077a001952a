// What the log says while events of version 0.1.0 are moved, by a clock of the test's own.
#include "siem/moved_rows.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::moved_rows;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(moved_rows_log)

BOOST_AUTO_TEST_CASE(it_has_a_line_at_the_begin_one_a_quarter_of_a_minute_and_one_at_the_end) {
    moved_rows rows;
    const moved_rows::time_point at{};
    BOOST_TEST(!rows.is_under_way());
    BOOST_TEST(rows.begin(10'000, at) == "events of version 0.1.0: 10000 are being moved into segments");
    BOOST_TEST(rows.is_under_way());
    BOOST_TEST(!rows.add(4'000, at + 14s).has_value());
    BOOST_TEST(rows.left() == 6'000);
    BOOST_TEST(rows.add(4'000, at + 15s).value() == "events of version 0.1.0: 8000 moved, 2000 left");
    BOOST_TEST(!rows.add(1'000, at + 29s).has_value());
    BOOST_TEST(rows.add(0, at + 30s).value() == "events of version 0.1.0: 9000 moved, 1000 left");
    // A client deleted the rest.
    BOOST_TEST(rows.end(at + 31s).value() == "events of version 0.1.0: all are moved, 9000 in 31000 ms");
    BOOST_TEST(rows.left() == 0);
    BOOST_TEST(!rows.is_under_way());
}

BOOST_AUTO_TEST_CASE(a_file_without_such_rows_has_no_line) {
    moved_rows rows;
    BOOST_TEST(!rows.end({}).has_value());
    BOOST_TEST(!rows.is_under_way());
}

BOOST_AUTO_TEST_SUITE_END()
