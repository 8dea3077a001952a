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

BOOST_AUTO_TEST_CASE(what_is_no_event_time_is_refused) {
    for (const char* text :
         {"", "INFO", "-5", "1.", ".5", "1e9", "100000000000000000", "99999999999999999999999", "1795428000 ",
          "1969-12-31T23:59:59Z", "1900-01-01 00:00:00", "2026-11-23", "2026-11-23 10:00"})
        BOOST_TEST(read_loosely(text) == -1, text);
}

BOOST_AUTO_TEST_SUITE_END()
