#include "syslog/framing.hpp"
#include "syslog/header.hpp"
#include "syslog/message.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace carrel::syslog;

namespace {

constexpr carrel::siem::timestamp received_at = 1'795'773'600'000'000;  // 2026-11-27T10:00:00Z

struct read_back {
    event_text made;
    boost::json::value json;
    std::string text(const char* pointer) const { return std::string(json.at_pointer(pointer).as_string()); }
    bool has(const char* name) const { return json.as_object().contains(name); }
};

read_back read(std::string_view message, bool was_cut = false) {
    read_back got;
    read_message(message, received_at, "192.0.2.1", was_cut, got.made);
    got.json = boost::json::parse(got.made.json);
    return got;
}

std::string framed(std::string_view bytes, std::size_t step, std::size_t bytes_max = 100) {
    framing cut(bytes_max);
    std::string all;
    const auto add = [&] { all += std::string(cut.message()) + (cut.was_cut() ? "~|" : "|"); };
    for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
        auto part = bytes.substr(0, step);
        while (cut.next(part)) add();
    }
    if (cut.finish()) add();
    return all;
}

constexpr std::size_t steps[] = {1, 2, 3, 7, 1000};

}  // namespace

BOOST_AUTO_TEST_SUITE(syslog_)

BOOST_AUTO_TEST_CASE(a_message_of_rfc_5424) {
    const auto got = read(
        "<34>1 2026-10-11T22:14:15.003Z mymachine.example.com su 77 ID47 "
        "[ex@32473 iut=\"3\" say=\"a \\\"b\\\" \\\\ \\] \\c\"][other] \xEF\xBB\xBF'su root' failed");
    BOOST_TEST(got.text("/time") == "2026-10-11T22:14:15.003Z");
    BOOST_TEST(!got.made.at.has_value());
    BOOST_TEST(got.text("/facility") == "auth");
    BOOST_TEST(got.json.at_pointer("/facility_code").as_int64() == 4);
    BOOST_TEST(got.text("/severity") == "crit");
    BOOST_TEST(got.text("/host") == "mymachine.example.com");
    BOOST_TEST(got.text("/app") == "su");
    BOOST_TEST(got.text("/pid") == "77");
    BOOST_TEST(got.text("/msgid") == "ID47");
    BOOST_TEST(got.text("/structured_data/ex@32473/say") == "a \"b\" \\ ] \\c");
    BOOST_TEST(got.json.at_pointer("/structured_data/other").as_object().empty());
    BOOST_TEST(got.text("/message") == "'su root' failed");
    BOOST_TEST(got.text("/peer") == "192.0.2.1");
    const auto none = read("<165>1 - - - - - -");
    for (const char* name : {"time", "host", "app", "pid", "msgid", "structured_data"})
        BOOST_TEST(!none.has(name), name);
    BOOST_TEST(none.text("/message") == "");
    BOOST_TEST(read("<165>1 - - - - - - text").text("/message") == "text");
}

BOOST_AUTO_TEST_CASE(a_message_of_rfc_3164) {
    const auto got = read("<34>Oct  1 22:14:15 mymachine su[123]: 'su root' failed");
    BOOST_TEST(carrel::siem::format_time(*got.made.at) == "2026-10-01T22:14:15.000000Z");
    BOOST_TEST(got.text("/host") == "mymachine");
    BOOST_TEST(got.text("/app") == "su");
    BOOST_TEST(got.text("/pid") == "123");
    BOOST_TEST(got.text("/message") == "'su root' failed");
    const auto iso = read("<13>2026-11-26T10:00:00+01:00 h app: text");
    BOOST_TEST(iso.text("/time") == "2026-11-26T10:00:00+01:00");
    BOOST_TEST(iso.text("/app") == "app");
    const auto hostless = read("<13>Nov 26 10:00:00 app: text");
    BOOST_TEST(!hostless.has("host"));
    BOOST_TEST(hostless.text("/app") == "app");
    BOOST_TEST(read("<13>just text here").text("/message") == "just text here");
    BOOST_TEST(read("<13>Nov 26 10:00:00 h text without a tag").text("/message") == "text without a tag");
}

BOOST_AUTO_TEST_CASE(the_year_is_the_one_nearest_to_the_receipt) {
    const auto year = [](std::string_view text, std::string_view now) {
        return carrel::siem::format_time(time_of_3164(text, *carrel::siem::parse_time(now)).value()).substr(0, 10);
    };
    BOOST_TEST(year("Dec 31 23:59:59", "2026-01-01T00:00:10Z") == "2025-12-31");
    BOOST_TEST(year("Jan  1 00:00:05", "2025-12-31T23:59:50Z") == "2026-01-01");
    BOOST_TEST(year("Jun 15 00:00:00", "2026-06-15T00:00:00Z") == "2026-06-15");
    BOOST_TEST(!time_of_3164("Feb 30 00:00:00", received_at).has_value());
    BOOST_TEST(!time_of_3164("Oct  1 22:14", received_at).has_value());
}

BOOST_AUTO_TEST_CASE(json_in_a_message_is_the_event) {
    BOOST_TEST(read("<13>Nov 26 10:00:00 h app: @cee: {\"EventID\":1}").json.at_pointer("/event/EventID").as_int64() ==
               1);
    BOOST_TEST(
        read("<13>1 - - - - - - {\"n\":36028797018963969}").made.json.find("\"event\":{\"n\":36028797018963969}") !=
        std::string::npos);
    BOOST_TEST(read("<13>1 - - - - - - {\"a\":}").text("/message") == "{\"a\":}");
    BOOST_TEST(read("<13>1 - - - - - - @cee:[1]").text("/message") == "@cee:[1]");
    BOOST_TEST(read("<13>1 - - - - - - " + std::string(5'000, '{')).has("message"));
}

BOOST_AUTO_TEST_CASE(nothing_is_refused_and_nothing_is_lost) {
    for (const std::string_view odd : {"<", "<>", "<192>x", "<-1>x", "<9999>x", "<1", "no priority", "<x>y"}) {
        const auto got = read(odd);
        BOOST_TEST(got.text("/message") == odd, odd);
        BOOST_TEST(got.text("/severity") == "notice", odd);
    }
    BOOST_TEST(read("<13>1").text("/message") == "1");
    BOOST_TEST(read("<13>1 ").text("/message") == "");
    for (const std::string_view data :
         {"[", "[]", "[a", "[a b]", "[a b=]", "[a b=\"]", "[a b=\"c]", "[a =\"c\"]", "[a b=\"\\"})
        BOOST_TEST(read("<13>1 - - - - - " + std::string(data)).text("/message") == data, data);
    const auto bytes = read(std::string_view("<13>Nov 26 10:00:00 h\xff a: \0 \xff end", 34));
    BOOST_TEST(bytes.text("/host") == "h\xEF\xBF\xBD");
    BOOST_TEST(bytes.text("/message").find('\0') != std::string::npos);
    BOOST_TEST(read("<13>long", true).json.at_pointer("/truncated").as_bool());
}

BOOST_AUTO_TEST_CASE(a_stream_is_cut_by_counts_and_by_lines) {
    for (const std::size_t step : steps) {
        BOOST_TEST(framed("<1>a\n<2>b\r\n\n<3>c", step) == "<1>a|<2>b|<3>c|");
        BOOST_TEST(framed("4 <1>a6 <2>b\nc5 <3>\n\n3 abc", step) == "<1>a|<2>b\nc|<3>|abc|");
        BOOST_TEST(framed(std::string_view("<1>a\0<2>b\0", 10), step) == "<1>a|<2>b|");
        BOOST_TEST(framed("4 <1>a<2>b\n4 <3>c", step) == "<1>a|<2>b|<3>c|");
        BOOST_TEST(framed("2026 is a year", step) == "is a year|");
        BOOST_TEST(framed("2026-11-26 text\n", step) == "2026-11-26 text|");
        BOOST_TEST(framed("12345678901 text\n", step) == "12345678901 text|");
        BOOST_TEST(framed("", step) == "");
        BOOST_TEST(framed("9 cut", step) == "cut|");
    }
}

BOOST_AUTO_TEST_CASE(what_is_too_long_is_cut_and_its_rest_passed_over) {
    for (const std::size_t step : steps) {
        BOOST_TEST(framed("<1>abcdefgh\n<2>b\n", step, 6) == "<1>abc~|<2>b|");
        BOOST_TEST(framed("11 <1>abcdefgh4 <2>b", step, 6) == "<1>abc~|<2>b|");
    }
    framing cut(1'000);
    const std::string much(1 << 16, 'x');
    for (int i = 0; i < 100; ++i) {
        std::string_view part(much);
        BOOST_TEST(!cut.next(part));
        BOOST_TEST(cut.bytes_held() <= 1'000u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
