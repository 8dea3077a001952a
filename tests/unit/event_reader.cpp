#include "siem/event_reader.hpp"

#include "base/time.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::siem;

BOOST_AUTO_TEST_SUITE(event_readings)

namespace {

constexpr timestamp receipt = 1'000'000;

new_event read(std::string_view text) {
    event_reader reader;
    new_event event;
    BOOST_TEST((reader.read(text, receipt, event) == event_reader::verdict::accepted), text << " " << reader.why());
    return event;
}
std::string why_not(std::string_view text) {
    event_reader reader;
    new_event event;
    BOOST_TEST((reader.read(text, receipt, event) != event_reader::verdict::accepted), text);
    return reader.why();
}
std::string at(std::string_view text) { return format_time(read(text).at); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_windows_event_gives_all_its_columns) {
    constexpr std::string_view text =
        R"({"Keywords":36028797018963968,"EventID":4688,"Channel":"Security","host":"wec.local","Hostname":"PC1","Level":"4",)"
        R"("EventTime":"2020-09-20 17:38:55","@timestamp":"2020-09-20T21:38:57.482Z","Severity":"INFO",)"
        R"("SourceName":"Microsoft-Windows-Security-Auditing"})";
    const new_event event = read(text);
    BOOST_TEST(format_time(event.at) == "2020-09-20T21:38:57.482000Z");
    BOOST_TEST(event.host.value() == "PC1");
    BOOST_TEST(event.source.value() == "Microsoft-Windows-Security-Auditing");
    BOOST_TEST(event.channel.value() == "Security");
    BOOST_TEST(event.event_code.value() == "4688");
    BOOST_TEST(event.severity.value() == "info");
}

BOOST_AUTO_TEST_CASE(an_event_with_nothing_known_is_an_event_of_now) {
    const new_event event = read("{}");
    BOOST_TEST(event.at == receipt);
    BOOST_TEST(!event.host.has_value());
    BOOST_TEST(!event.source.has_value());
    BOOST_TEST(!event.channel.has_value());
    BOOST_TEST(!event.event_code.has_value());
    BOOST_TEST(!event.severity.has_value());
}

BOOST_AUTO_TEST_CASE(the_first_mapping_wins_in_any_order) {
    BOOST_TEST(read(R"({"hostname":"4","Computer":"3","Hostname":"2","host":"1"})").host.value() == "2");
    BOOST_TEST(read(R"({"host.name":"5","hostname":"4","Computer":"3"})").host.value() == "3");
    BOOST_TEST(read(R"({"Provider":"4","ProviderName":"3","SourceName":"2","source":"1"})").source.value() == "1");
    BOOST_TEST(read(R"({"EventId":"4","event.code":"3","event_code":"2","EventID":1})").event_code.value() == "1");
    BOOST_TEST(read(R"({"Level":"4","level":"3","Severity":"2"})").severity.value() == "2");
    BOOST_TEST(read(R"({"Channel":"2","channel":"1"})").channel.value() == "1");
    BOOST_TEST(at(R"({"ts":5,"time":4,"EventTime":3,"TimeCreated":2})") == "1970-01-01T00:00:02.000000Z");
    BOOST_TEST(read(R"({"host":"first","host":"second"})").host.value() == "first");
}

BOOST_AUTO_TEST_CASE(what_is_no_scalar_is_no_match) {
    BOOST_TEST(read(R"({"host":null,"Hostname":["x"],"Computer":{"a":1},"hostname":"h"})").host.value() == "h");
    BOOST_TEST(read(R"({"EventID":{"#text":"1"},"EventId":7})").event_code.value() == "7");
    BOOST_TEST(read(R"({"severity":true})").severity.value() == "true");
    BOOST_TEST(!read(R"({"x":{"host":"deep","EventID":1},"y":[{"channel":"deep"}]})").host.has_value());
}

BOOST_AUTO_TEST_CASE(a_host_has_its_name_nested_or_dotted) {
    BOOST_TEST(read(R"({"host":{"name":"n","ip":["1.2.3.4"]}})").host.value() == "n");
    BOOST_TEST(read(R"({"host.name":"d"})").host.value() == "d");
    BOOST_TEST(read(R"({"host":{"name":"n"},"hostname":"h"})").host.value() == "h");
    BOOST_TEST(!read(R"({"host":{"x":{"name":"deep"}},"other":{"name":"o"}})").host.has_value());
    BOOST_TEST(!read(R"({"host":[{"name":"n"}],"name":"top"})").host.has_value());
    BOOST_TEST(read(R"({"\u0068ost":"e\u0301"})").host.value() == "e\xCC\x81");
}

BOOST_AUTO_TEST_CASE(a_time_that_cannot_be_read_leaves_the_next_key_its_turn) {
    BOOST_TEST(at(R"({"timestamp":"soon","@timestamp":"2020-01-02T03:04:05+01:00"})") == "2020-01-02T02:04:05.000000Z");
    BOOST_TEST(at(R"({"timestamp":1577934245123,"ts":1})") == "2020-01-02T03:04:05.123000Z");
    BOOST_TEST(at(R"({"timestamp":"1577934245"})") == "2020-01-02T03:04:05.000000Z");
    BOOST_TEST(at(R"({"timestamp":true,"time":-1})") == format_time(receipt));
}

BOOST_AUTO_TEST_CASE(any_json_object_is_an_event) {
    read(R"({"a":1,"a":2,"b":"\ud800"})");
    read(R"({"big":123456789012345678901234567890e999})");
    std::string deep = "{\"a\":";
    read(deep + std::string(255, '[') + std::string(255, ']') + "}");
}

BOOST_AUTO_TEST_CASE(what_is_none_is_explained) {
    BOOST_TEST(why_not("") == "is empty");
    BOOST_TEST(why_not("[1]") == "is not a JSON object");
    BOOST_TEST(why_not("12") == "is not a JSON object");
    BOOST_TEST(why_not("{\"a\":1") == "is broken JSON at byte 7");
    BOOST_TEST(why_not("{\"a\":\"\xff\"}") == "is not UTF-8 at byte 7");
    BOOST_TEST(why_not("{}{}") == "has trailing characters at byte 3");
    BOOST_TEST(why_not("{\"a\":" + std::string(256, '[')) == "is nested more than 256 deep");
}

BOOST_AUTO_TEST_CASE(nothing_of_one_event_is_in_the_next) {
    event_reader reader;
    new_event event;
    reader.read(R"({"host":"h","source":"s","channel":"c","event_code":1,"severity":"low","a":"b"})", receipt, event);
    BOOST_TEST((reader.read("{}", receipt, event) == event_reader::verdict::accepted));
    for (const auto& text : {event.host, event.source, event.channel, event.event_code, event.severity})
        BOOST_TEST(!text.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
