// The Common Event Format, and events of it.
#include "syslog/cef.hpp"

#include "listeners/cef_event.hpp"
#include "listeners/formats.hpp"
#include "listeners/letters.hpp"
#include "siem/event_reader.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel::syslog;

namespace {

constexpr carrel::siem::timestamp received_at = 1'795'773'600'000'000;  // 2026-11-27T10:00:00Z

std::string pairs(std::string_view extension) {
    std::string all;
    while (const auto pair = next_pair(extension))
        all.append(pair->key).append("=").append(without_escapes(pair->value)).append("|");
    return all;
}

std::string why_not(std::string_view message) {
    cef_message into;
    std::string why;
    return read_cef(message, into, why) ? "" : why;
}

std::string time(std::string_view text) {
    const auto at = time_of_cef(text, received_at);
    return at ? carrel::siem::format_time(*at) : "";
}

read_text event_of(std::string_view message, bool was_cut = false) {
    read_text into;
    carrel::listeners::read_cef_event(message, {"192.0.2.1", received_at, was_cut}, into);
    return into;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cef)

BOOST_AUTO_TEST_CASE(a_header_has_seven_fields_with_escapes) {
    cef_message into;
    std::string why;
    BOOST_REQUIRE(read_cef(R"(x CEF:1|A\|B|C\\|1.0|7|a=b|Very-High|k=v)", into, why));
    BOOST_TEST(into.before == "x ");
    BOOST_TEST(into.version == "1");
    BOOST_TEST(without_escapes(into.vendor) == "A|B");
    BOOST_TEST(without_escapes(into.product) == "C\\");
    BOOST_TEST(into.name == "a=b");
    BOOST_TEST(into.severity == "Very-High");
    BOOST_TEST(into.extension == "k=v");
}

BOOST_AUTO_TEST_CASE(an_extension_may_be_left_out) {
    BOOST_TEST(why_not("CEF:0|v|p|1|c|n|3") == "");
    BOOST_TEST(why_not("CEF:0|v|p|1|c|n|3|") == "");
    BOOST_TEST(why_not("CEF:0|v|p|1|c|n|") == "the header has 6 of 7 fields");
    BOOST_TEST(why_not("CEF:0|v|p") == "the header has 2 of 7 fields");
    BOOST_TEST(why_not("CEF:|v|p|1|c|n|3") == "there is no `CEF:` with a version");
    BOOST_TEST(why_not("CEF: CEF:0|v|p|1|c|n|3") == "");
    BOOST_TEST(why_not("") == "there is no `CEF:` with a version");
    BOOST_TEST(why_not("LEEF:1.0|v|p") == "there is no `CEF:` with a version");
}

BOOST_AUTO_TEST_CASE(values_have_blanks_and_escapes) {
    BOOST_TEST(pairs("src=1.2.3.4 msg=a b  c spt=1") == "src=1.2.3.4|msg=a b  c|spt=1|");
    BOOST_TEST(pairs(R"(request=http://h/?a\=b&c\=d act=x)") == "request=http://h/?a=b&c=d|act=x|");
    BOOST_TEST(pairs(R"(msg=one\ntwo\rthree \\ cs1Label=L)") == "msg=one\ntwo\rthree \\|cs1Label=L|");
    BOOST_TEST(pairs("a= b=2") == "a=|b=2|");
    BOOST_TEST(pairs("noise a=1") == "a=1|");
    BOOST_TEST(pairs("a=x==y b=2") == "a=x==y|b=2|");
    BOOST_TEST(pairs("url=http://h/?q=1&r=2 act=x=y") == "url=http://h/?q=1&r=2|act=x=y|");
    BOOST_TEST(pairs("no pairs") == "");
    BOOST_TEST(pairs("") == "");
    BOOST_TEST(pairs("=") == "");
    BOOST_TEST(pairs("a=1\\") == "a=1\\|");
}

BOOST_AUTO_TEST_CASE(times_are_numbers_or_dates) {
    BOOST_TEST(time("1795773600123") == "2026-11-27T10:00:00.123000Z");
    BOOST_TEST(time("1795773600") == "2026-11-27T10:00:00.000000Z");
    BOOST_TEST(time("Nov 26 2026 10:00:00.5") == "2026-11-26T10:00:00.500000Z");
    BOOST_TEST(time("Nov 26 2026 10:00:00 UTC") == "2026-11-26T10:00:00.000000Z");
    BOOST_TEST(time("Nov 26 10:00:00") == "2026-11-26T10:00:00.000000Z");
    BOOST_TEST(time("2026-11-26T10:00:00Z") == "2026-11-26T10:00:00.000000Z");
    for (const std::string_view wrong : {"", "x", "-1", "0", "99999999999999999999", "Foo 26 2026 10:00:00",
                                         "Nov 26 2026 25:00:00", "Nov 26 2026 10:00:0", "Nov"})
        BOOST_TEST(time(wrong) == "", wrong);
}

BOOST_AUTO_TEST_CASE(an_event_has_the_columns_of_its_message) {
    const auto got = event_of(
        "<134>Nov 26 10:00:00 gate CEF:0|V|Product|2|login|Failed|Low|rt=1795773600123 dvchost=real end=1 src=::1 "
        "src=2");
    const auto json = boost::json::parse(got.json);
    BOOST_TEST(json.at_pointer("/host").as_string() == "gate");
    BOOST_TEST(json.at_pointer("/priority").as_int64() == 134);
    BOOST_TEST(json.at_pointer("/cef/extension/src").as_string() == "::1");
    BOOST_TEST(*got.host == "real");
    BOOST_TEST(*got.source == "Product");
    BOOST_TEST(*got.event_code == "login");
    BOOST_TEST(*got.severity == "Low");
    BOOST_TEST(*got.at == 1'795'773'600'123'000);
}

BOOST_AUTO_TEST_CASE(the_time_of_a_header_counts_if_there_is_no_other) {
    BOOST_TEST(carrel::siem::format_time(*event_of("<134>Nov 26 10:00:00 gate CEF:0|V|P|2|c|n|1|").at) ==
               "2026-11-26T10:00:00.000000Z");
    BOOST_TEST(*event_of("Nov 26 10:00:00 gate CEF:0|V|P|2|c|n|1|").host == "gate");
    BOOST_TEST(!event_of("CEF:0|V|P|2|c|n|1|").at.has_value());
}

BOOST_AUTO_TEST_CASE(an_extension_of_many_members_is_bounded) {
    std::string message = "CEF:0|V|P|2|c|n|1|";
    for (int i = 0; i < 2'000; ++i) message += "k" + std::to_string(i) + "=v ";
    const auto json = boost::json::parse(event_of(message).json);
    const auto& extension = json.at_pointer("/cef/extension").as_object();
    BOOST_TEST(extension.size() == 513U);
    BOOST_TEST(extension.at("_rest").as_string().starts_with("k512=v"));
}

BOOST_AUTO_TEST_CASE(a_message_that_was_cut_says_so) {
    BOOST_TEST(boost::json::parse(event_of("CEF:0|V|P|2|c|n|1|a=b", true).json).at("truncated").as_bool());
}

BOOST_AUTO_TEST_CASE(a_message_is_read_again_as_it_was) {
    using carrel::siem::listener_type;
    read_text into;
    BOOST_TEST(carrel::listeners::read_again(listener_type::json, " {\"a\":1} ", "::1", received_at, into));
    BOOST_TEST(into.json == "{\"a\":1}");
    BOOST_TEST(!carrel::listeners::read_again(listener_type::json, "{\"a\":", "::1", received_at, into));
    BOOST_TEST(into.reason == "not JSON");
    BOOST_TEST(carrel::listeners::read_again(listener_type::cef, "CEF:0|V|P|2|c|n|1|", "", received_at, into));
    BOOST_TEST(carrel::listeners::read_again(listener_type::syslog, "anything", "", received_at, into));
}

BOOST_AUTO_TEST_CASE(a_dead_letter_that_was_put_right_is_an_event) {
    carrel::siem::dead_letter_event into;
    BOOST_TEST(
        carrel::listeners::read_cef_letter("<1>Nov 26 10:00:00 h CEF:0|V|P|2|c|n|1|a=b", "::1", received_at, into));
    BOOST_TEST(boost::json::parse(into.json).at_pointer("/cef/extension/a").as_string() == "b");
    BOOST_TEST(carrel::siem::format_time(into.at.value()) == "2026-11-26T10:00:00.000000Z");
    BOOST_TEST(!carrel::listeners::read_cef_letter("CEF:0|V", "::1", received_at, into));
    BOOST_TEST(into.why == "not CEF: the header has 1 of 7 fields");
    BOOST_TEST(carrel::listeners::read_syslog_letter("x", "::1", received_at, into));
    BOOST_TEST(into.why.empty());
}

BOOST_AUTO_TEST_CASE(every_event_begins_with_its_listener) {
    carrel::siem::stored_listener of;
    of.id = "l";
    of.name = "N \"x\"";
    of.type = carrel::siem::listener_type::json;
    of.tags = R"(["a"])";
    of.source = "s";
    const auto format = carrel::listeners::make_format(of);
    read_text into;
    const auto made = [&](std::string_view message, std::string_view peer) {
        format->read(message, {peer, received_at, false}, into);
        return into.json;
    };
    BOOST_TEST(made("{}", "::1") == R"({"listener":{"id":"l","name":"N \"x\"","tags":["a"],"peer":"::1"}})");
    BOOST_TEST(made("{ }", "::1") == R"({"listener":{"id":"l","name":"N \"x\"","tags":["a"],"peer":"::1"} })");
    BOOST_TEST(made(R"({"b":1})", "::2") ==
               R"({"listener":{"id":"l","name":"N \"x\"","tags":["a"],"peer":"::2"},"b":1})");
    BOOST_TEST(made(R"({"b":1})", "") == R"({"listener":{"id":"l","name":"N \"x\"","tags":["a"]},"b":1})");
    BOOST_TEST(*into.source == "s");
    made("\xff", "::1");
    format->read_raw("\xff", {"::1", received_at, true}, std::string(into.reason), into);
    const auto raw = boost::json::parse(into.json);
    BOOST_TEST(raw.at("not_read").as_string() == "not JSON");
    BOOST_TEST(raw.at("message").as_string() == "\xEF\xBF\xBD");
    BOOST_TEST(raw.at("truncated").as_bool());
}

BOOST_AUTO_TEST_SUITE_END()
