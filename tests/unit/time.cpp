#include "base/time.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::siem;

BOOST_AUTO_TEST_SUITE(times)

namespace {
// Nothing is shown as -1, a moment no case below means.
timestamp read(std::string_view text) { return parse_time(text).value_or(-1); }
timestamp read_loosely(std::string_view text) { return parse_event_time(text).value_or(-1); }
constexpr timestamp moment = 1'795'428'000'123'456;  // 2026-11-23T10:00:00.123456Z
}  // namespace

BOOST_AUTO_TEST_CASE(a_time_is_read_in_any_offset_and_cut_to_microseconds) {
    BOOST_TEST(read("2026-11-23T10:00:00.123456Z") == moment);
    BOOST_TEST(read("2026-11-23T10:00:00.123456789Z") == moment);
    BOOST_TEST(read("2026-11-23t10:00:00.123456z") == moment);
    BOOST_TEST(read("2026-11-23T11:30:00.123456+01:30") == moment);
    BOOST_TEST(read("2026-11-22T22:00:00.123456-12:00") == moment);
    BOOST_TEST(read("2026-11-23T10:00:00Z") == moment - 123'456);
    BOOST_TEST(read("2026-11-23T10:00:00.1Z") == moment - 23'456);
    BOOST_TEST(read("1970-01-01T00:00:00Z") == 0);
    BOOST_TEST(read("2024-02-29T00:00:00Z") == 1'709'164'800'000'000);
    BOOST_TEST(read("2016-12-31T23:59:60Z") == read("2017-01-01T00:00:00Z"));
    BOOST_TEST(read("9999-12-31T23:59:59.999999Z") == timestamp_max);
}

BOOST_AUTO_TEST_CASE(what_is_no_rfc_3339_time_is_refused) {
    for (const char* text : {"",
                             "now",
                             "2026-11-23",
                             "2026-11-23T10:00:00",
                             "2026-11-23 10:00:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-02-29T00:00:00Z",
                             "2026-11-23T24:00:00Z",
                             "2026-11-23T10:60:00Z",
                             "2026-11-23T10:00:61Z",
                             "2026-11-23T10:00:00.Z",
                             "2026-11-23T10:00:00.1234567890Z",
                             "2026-11-23T10:00:00+1:00",
                             "2026-11-23T10:00:00+24:00",
                             "2026-11-23T10:00:00Zx",
                             " 2026-11-23T10:00:00Z",
                             "26-11-23T10:00:00Z",
                             "2026-11-23T10:00:00 01:00",
                             "9999-12-31T23:59:59-01:00",
                             "0000-01-01T00:00:00+01:00"})
        BOOST_TEST(read(text) == -1, text);
}

BOOST_AUTO_TEST_CASE(a_written_time_reads_back) {
    BOOST_TEST(format_time(moment) == "2026-11-23T10:00:00.123456Z");
    BOOST_TEST(format_time(0) == "1970-01-01T00:00:00.000000Z");
    BOOST_TEST(format_time(-1) == "1969-12-31T23:59:59.999999Z");
    for (timestamp at : {timestamp{0}, moment, timestamp_max, timestamp{-86'400'000'001}})
        BOOST_TEST(read(format_time(at)) == at);
}

BOOST_AUTO_TEST_CASE(events_tell_their_time_in_several_ways) {
    const timestamp second = moment - 123'456;
    BOOST_TEST(read_loosely("2026-11-23T10:00:00.123456Z") == moment);
    BOOST_TEST(read_loosely("2026-11-23 10:00:00") == second);
    BOOST_TEST(read_loosely("2026-11-23 10:00:00.123456") == moment);
    BOOST_TEST(read_loosely("1795428000") == second);
    BOOST_TEST(read_loosely("1795428000123") == second + 123'000);
    BOOST_TEST(read_loosely("1795428000123456") == moment);
    BOOST_TEST(read_loosely("1795428000.123456") == moment);
    BOOST_TEST(read_loosely("1795428000123.4567") == moment);
    BOOST_TEST(read_loosely("0") == 0);
}

BOOST_AUTO_TEST_CASE(the_size_of_an_epoch_time_tells_its_unit) {
    BOOST_TEST(parse_epoch("99999999999").value() == 99'999'999'999'000'000);
    BOOST_TEST(parse_epoch("100000000000").value() == 100'000'000'000'000);
    BOOST_TEST(parse_epoch("99999999999999").value() == 99'999'999'999'999'000);
    BOOST_TEST(parse_epoch("100000000000000").value() == 100'000'000'000'000);
}

BOOST_AUTO_TEST_CASE(logs_write_times_in_many_ways) {
    const timestamp second = moment - 123'456;
    for (const char* text :
         {"2026-11-23T11:00:00.123456+0100", "2026-11-23 11:00:00,123456+01", "2026-11-23T10:00:00.123456 UTC",
          "2026-11-23 10:00:00.123456 +00:00", "2026-11-23T10:00:00.1234560001Z", "2026/11/23 10:00:00.123456",
          "2026-11-23T10:00:00.123456999999999999Z", "2026-11-23 10:00:00.123456GMT", "1795428000123456000",
          "1.795428000123456e9", "1795428000123456E+3", "179542800012345600e-2", "001795428000.123456",
          "0.1795428000123456e10", "1795428000.12345699999999999999999999999999999999999999"})
        BOOST_TEST(read_loosely(text) == moment, text);
    for (const char* text : {"23/Nov/2026:11:00:00 +0100", "[23/Nov/2026:10:00:00 +0000]", "23/Nov/2026:10:00:00",
                             "Mon Nov 23 10:00:00 2026", "Mon Nov 23 10:00:00 2026 UTC", "/Date(1795428000000)/",
                             "/Date(1795428000000+0100)/", "1795428e3"})
        BOOST_TEST(read_loosely(text) == second, text);
    BOOST_TEST(read_loosely("Wed Mar  4 05:06:07 2026") == read("2026-03-04T05:06:07Z"));
    BOOST_TEST(read_loosely("1e9") == 1'000'000'000'000'000);
    BOOST_TEST(read_loosely("0.0123") == 12'300);
    BOOST_TEST(read_loosely("123e-4") == 12'300);
    BOOST_TEST(read_loosely("0e999") == 0);
}

BOOST_AUTO_TEST_CASE(a_time_before_1970_is_a_time_but_the_zeros_of_others_are_none) {
    BOOST_TEST(parse_event_time("1969-12-31T23:59:59Z").value() == -1'000'000);
    BOOST_TEST(parse_event_time("1901-01-01T00:00:00Z").value() == -2'177'452'800'000'000);
    BOOST_TEST(parse_event_time("/Date(-1000)/").value() == -1'000'000);
    for (const char* zero :
         {"0001-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "1900-01-01 00:00:00", "/Date(-62135596800000)/"})
        BOOST_TEST(!parse_event_time(zero).has_value(), zero);
}

BOOST_AUTO_TEST_CASE(what_is_no_event_time_is_refused) {
    for (const char* text : {"",
                             "INFO",
                             "-5",
                             "1.",
                             ".5",
                             "1e",
                             "1e+",
                             "1e9x",
                             "1e19",
                             "9223372036854775808",
                             "99999999999999999999999",
                             "1795428000 ",
                             "1e999999999999",
                             "2026-11-23",
                             "2026-11-23 10:00",
                             "2026-11/23 10:00:00",
                             "2026-11-23 10:00:00 PST",
                             "2026-11-23 10:00:00.",
                             "2026-11-23 10:00:00+1",
                             "2026-11-23 10:00:00+01:0",
                             "2026-02-29 10:00:00",
                             "31/Feb/2026:10:00:00 +0000",
                             "23/Nop/2026:10:00:00 +0000",
                             "[23/Nov/2026:10:00:00 +0000",
                             "/Date()/",
                             "/Date(1)",
                             "/Date(9223372036854775807)/",
                             "Mon Nov 23 10:00:00",
                             "[]",
                             "/Date(12+1)/"})
        BOOST_TEST(read_loosely(text) == -1, text);
}

BOOST_AUTO_TEST_SUITE_END()
