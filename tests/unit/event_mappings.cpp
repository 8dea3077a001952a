#include "siem/event_mapping.hpp"

#include "base/time.hpp"
#include "siem/event_reader.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

using namespace carrel::siem;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(event_mapping_table)

namespace {

constexpr timestamp receipt = 7'000'000;

struct reading {
    new_event event;
    bool untimed = false;
};
reading read(std::string_view text) {
    event_reader reader;
    reading made;
    BOOST_TEST((reader.read(text, receipt, made.event) == event_reader::verdict::accepted),
               text << " " << reader.why());
    made.untimed = reader.was_untimed();
    return made;
}

// The columns with blanks between them, `~` for none, the time in seconds of its day.
std::string columns(std::string_view text) {
    const reading all = read(text);
    const auto shown = [](const std::optional<std::string>& column) { return ' ' + column.value_or("~"); };
    const new_event& event = all.event;
    return (all.untimed ? "~" : format_time(event.at).substr(11, 8)) + shown(event.host) + shown(event.source) +
           shown(event.channel) + shown(event.event_code) + shown(event.severity);
}

json::value text_or_null(const std::optional<std::string>& column) {
    return column ? json::value(*column) : json::value(nullptr);
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_path_means_one_thing) {
    std::set<std::string_view> paths;
    for (const event_mapping& each : builtin_mappings()) {
        BOOST_TEST(paths.insert(each.path).second, each.path << " is there twice");
        const auto* found = event_mappings::builtin().find(each.path);
        BOOST_REQUIRE(found != nullptr);
        BOOST_TEST((found->into == each.into));
        BOOST_TEST(found->is_guarded() == (!each.with.empty() || !each.without.empty()));
    }
    BOOST_TEST(paths.size() > 100u);
    for (const std::string_view other : {"", "x", "hos", "hostx", "Event.System", "a.host"})
        BOOST_TEST((event_mappings::builtin().find(other) == nullptr), other);
}

BOOST_AUTO_TEST_CASE(windows_events_come_in_many_wrappings) {
    const std::string system = R"("Channel":"Security","Computer":"ws7")";
    for (
        const std::string& text :
        {R"({"Event":{"System":{"Provider":{"#attributes":{"Name":"Audit"}},"EventID":{"#attributes":{"Qualifiers":1},"#text":4624},)"
         R"("Level":4,"TimeCreated":{"#attributes":{"SystemTime":"2026-03-04T05:06:07.123Z"}},)" +
             system + "}}}",
         R"({"Event":{"System":{"Provider_attributes":{"Name":"Audit"},"EventID":4624,"EventID_attributes":{"Qualifiers":1},)"
         R"("Level":4,"TimeCreated_attributes":{"SystemTime":"2026-03-04T05:06:07.123Z"},)" +
             system + "}}}",
         R"({"System":{"Provider":{"Name":"Audit","Guid":"g"},"EventID":{"Value":4624},"Level":4,)"
         R"("TimeCreated":{"SystemTime":1772600767.123},)" +
             system + R"(},"Fqdn":"collector","ClientId":"C.1"})",
         std::string(
             R"({"@timestamp":"2026-03-04T05:06:07Z","host":{"name":"collector"},"log":{"level":"4"},)"
             R"("winlog":{"channel":"Security","event_id":4624,"computer_name":"ws7","provider_name":"Audit"}})"),
         std::string(
             R"({"TimeCreated":"\/Date(1772600767123)\/","Id":4624,"LogName":"Security","ProviderName":"Audit",)"
             R"("MachineName":"ws7","Level":4})"),
         std::string(
             R"({"winlog.channel":"Security","winlog.event_id":"4624","winlog.computer_name":"ws7","winlog.provider_name":"Audit",)"
             R"("@timestamp":"2026-03-04T05:06:07Z","log.level":"4"})")})
        BOOST_TEST(columns(text) == "05:06:07 ws7 Audit Security 4624 4", text << " gives " << columns(text));
}

BOOST_AUTO_TEST_CASE(audit_logs_of_clouds_name_what_was_done) {
    BOOST_TEST(columns(R"({"published":"2026-03-04T05:06:07.123Z","eventType":"user.session.start","severity":"INFO",)"
                       R"("actor":{"displayName":"x"},"displayMessage":"User login"})") ==
               "05:06:07 ~ ~ ~ user.session.start info");
    BOOST_TEST(
        columns(
            R"({"protoPayload":{"serviceName":"iam.googleapis.com","methodName":"google.iam.admin.v1.SetIamPolicy"},)"
            R"("logName":"projects/p/logs/activity","timestamp":"2026-03-04T05:06:07.123456789Z","severity":"NOTICE"})") ==
        "05:06:07 ~ iam.googleapis.com projects/p/logs/activity google.iam.admin.v1.SetIamPolicy notice");
    BOOST_TEST(
        columns(
            R"({"@timestamp":1772600767123,"action":"org.add_member","actor":"a","org":"o","created_at":1772600767123})") ==
        "05:06:07 ~ ~ ~ org.add_member ~");
    BOOST_TEST(
        columns(
            R"({"time":"2026-03-04T05:09:00Z","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents",)"
            R"("properties":{"Timestamp":"2026-03-04T05:06:07.1234567Z","DeviceName":"ws1","ActionType":"ProcessCreated"}})") ==
        "05:06:07 ws1 ~ AdvancedHunting-DeviceProcessEvents ProcessCreated ~");
    BOOST_TEST(
        columns(R"({"Timestamp":"2026-03-04T05:06:07.1234567Z","DeviceName":"ws1","ActionType":"LogonSuccess"})") ==
        "05:06:07 ws1 ~ ~ LogonSuccess ~");
    BOOST_TEST(
        columns(
            R"({"eventTime":"2026-03-04T05:06:07Z","eventType":"AwsApiCall","eventName":"GetObject","eventSource":"s3"})") ==
        "05:06:07 ~ s3 ~ GetObject ~");
}

BOOST_AUTO_TEST_CASE(collectors_of_syslog_and_containers_are_told_from_hosts) {
    BOOST_TEST(
        columns(
            R"({"@timestamp":"2026-03-04T05:06:07Z","hostname":"web1","host":{"name":"beat"},"process":{"program":"sshd"},)"
            R"("syslog":{"severity_label":"Notice","priority":165},"event":{"severity":5}})") ==
        "05:06:07 web1 sshd ~ ~ notice");
    BOOST_TEST(
        columns(R"({"@timestamp":"2026-03-04T05:06:07Z","host":{"name":"beat"},"log":{"syslog":{"hostname":"web1",)"
                R"("appname":"sshd","severity":{"code":5,"name":"Notice"}}}})") == "05:06:07 web1 sshd ~ ~ notice");
    BOOST_TEST(
        columns(
            R"({"time":"2026-03-04T05:06:07Z","log":"x\n","stream":"stderr","kubernetes":{"host":"node1","pod_name":"p"}})") ==
        "05:06:07 node1 ~ ~ ~ ~");
    BOOST_TEST(
        columns(R"({"time":"2026-03-04 05:06:07 +0000","host":"web1","ident":"sshd","pid":"1","message":"x"})") ==
        "05:06:07 web1 sshd ~ ~ ~");
    BOOST_TEST(columns(R"({"date":1772600767.123,"log":"x"})") == "05:06:07 ~ ~ ~ ~ ~");
}

BOOST_AUTO_TEST_CASE(values_that_say_nothing_leave_the_next_its_turn) {
    BOOST_TEST(columns(R"({"Hostname":"","Computer":"-","host":"  ","hostname":true,"host.name":"h"})") ==
               "~ h ~ ~ ~ ~");
    BOOST_TEST(columns(R"({"EventID":"-","event_code":"","event.code":"c","channel":false,"Channel":"l"})") ==
               "~ ~ ~ l c ~");
    BOOST_TEST(columns(R"({"System":{"Level":0},"PRIORITY":"6"})") == "~ ~ ~ ~ ~ 6");
    BOOST_TEST(columns(R"({"time":0,"ts":"0001-01-01T00:00:00Z","date":"2026-03-04T05:06:07"})") ==
               "05:06:07 ~ ~ ~ ~ ~");
}

BOOST_AUTO_TEST_CASE(a_name_that_means_something_else_elsewhere_is_read_where_it_means_this) {
    BOOST_TEST(columns(R"({"name":"pack","action":"added","hostIdentifier":"h"})") == "~ h pack ~ ~ ~");
    BOOST_TEST(columns(R"({"hostIdentifier":"h","action":"added","name":"pack"})") == "~ h pack ~ ~ ~");
    BOOST_TEST(columns(R"({"name":"pack","action":"blocked"})") == "~ ~ ~ ~ blocked ~");
    BOOST_TEST(columns(R"({"Id":5})") == "~ ~ ~ ~ ~ ~");
    BOOST_TEST(columns(R"({"Id":5,"LogName":"L"})") == "~ ~ ~ L 5 ~");
    BOOST_TEST(columns(R"({"level":"Request","requestReceivedTimestamp":"2026-03-04T05:06:07Z"})") ==
               "05:06:07 ~ ~ ~ ~ ~");
    // An earlier mapping without a condition wins over it, a later one does not.
    BOOST_TEST(columns(R"({"source":"s","name":"pack","hostIdentifier":"h"})") == "~ h s ~ ~ ~");
    BOOST_TEST(columns(R"({"operationName":"o","action":"a"})") == "~ ~ ~ ~ a ~");
}

BOOST_AUTO_TEST_CASE(elements_of_arrays_are_no_columns) {
    BOOST_TEST(
        columns(R"({"host":["a"],"winlog":[{"channel":"c"}],"Event":{"System":[{"Channel":"d"}]},"channel":"e"})") ==
        "~ ~ ~ e ~ ~");
}

BOOST_AUTO_TEST_CASE(an_event_without_a_time_is_told_from_one_of_now) {
    BOOST_TEST(read("{}").untimed);
    BOOST_TEST(read("{}").event.at == receipt);
    BOOST_TEST(read(R"({"timestamp":"soon"})").untimed);
    BOOST_TEST(!read(R"({"ts":7})").untimed);
    BOOST_TEST(read(R"({"ts":7})").event.at == receipt);
    event_reader once;
    new_event event;
    once.read("{}", receipt, event);
    once.read(R"({"ts":7})", receipt, event);
    BOOST_TEST(!once.was_untimed());
}

// The shapes that analysts were asked about lie beside the repository, where they are; ctest names the file.
BOOST_AUTO_TEST_CASE(shapes_of_real_logs_are_read_as_analysts_expect) {
    const auto& suite = boost::unit_test::framework::master_test_suite();
    std::ifstream file;
    if (suite.argc > 1) file.open(suite.argv[1]);
    if (!file.is_open()) {
        BOOST_TEST_MESSAGE("skipped: no file of shapes");
        std::cerr << "shapes_of_real_logs_are_read_as_analysts_expect: skipped, no file of shapes\n";
        return;
    }
    const json::value shapes = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    BOOST_TEST(shapes.as_array().size() >= 31u);
    for (const json::value& shape : shapes.as_array()) {
        const reading got = read(json::serialize(shape.at("event")));
        const json::object columns{
            {"timestamp", got.untimed ? json::value(nullptr) : json::value(format_time(got.event.at))},
            {"host", text_or_null(got.event.host)},
            {"source", text_or_null(got.event.source)},
            {"channel", text_or_null(got.event.channel)},
            {"event_code", text_or_null(got.event.event_code)},
            {"severity", text_or_null(got.event.severity)}};
        BOOST_TEST(json::value(columns) == shape.at("expect"),
                   shape.at("shape") << " gives " << columns << ", not " << shape.at("expect"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
