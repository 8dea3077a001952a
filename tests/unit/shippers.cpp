#include "shippers/protocol.hpp"
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

// Other programs' protocols: what is cut from a body, and what is answered, without HTTP.
namespace carrel::testing {

namespace {

struct taken {
    unsigned short status = 0;
    std::string reply;
    std::string broken;
    siem::intake_summary summary;
    std::vector<std::string> fields;

    boost::json::value at(std::string_view pointer) const {
        return boost::json::parse(reply).at_pointer({pointer.data(), pointer.size()});
    }
};

const shippers::protocol& protocol_at(std::string_view path) {
    const auto all = shippers::protocols();
    return *std::find_if(all.begin(), all.end(),
                         [&](const auto& each) { return each.path == path && each.make != nullptr; });
}

struct sender {
    domain d;
    siem::uuid_generator ids;

    taken send(std::string_view path, std::string_view body, std::size_t step = 1 << 20,
               std::vector<std::pair<std::string, std::string>> query = {}) {
        siem::call request;
        request.now = d.now;
        request.query = std::move(query);
        if (path.starts_with("/{index}")) request.path[0] = "logs-a";
        auto cut = protocol_at(path).make(request);
        const auto* shipper = cut.get();
        siem::event_intake intake(std::move(cut), {d.now, {}, {}, shipper->identity_scope()},
                                  [this] { return ids.next(); });
        taken got;
        for (; !body.empty() && !intake.broken(); body.remove_prefix(std::min(step, body.size())))
            intake.feed(body.substr(0, step));
        if (!intake.broken()) intake.finish();
        if (intake.broken()) {
            got.broken = intake.broken()->detail;
            return got;
        }
        while (auto part = intake.take_part()) {
            siem::reply ignored;
            const auto stored = d.write([&](write_session& session) { return siem::store(session, *part, ignored); });
            intake.committed(*part, stored.value());
        }
        got.summary = intake.summary();
        got.status = shipper->answer(got.summary, got.reply);
        return got;
    }

    std::int64_t count(const domain::query& wanted = {}) {
        return d.get("/events/count", wanted).at("/count").as_int64();
    }
    answer newest() { return d.get("/events", {{"limit", "1"}}); }
};

constexpr std::size_t steps[] = {1, 3, 1000};

}  // namespace

BOOST_AUTO_TEST_SUITE(shippers_)

// -- Elastic ---

BOOST_AUTO_TEST_CASE(bulk_items_are_answered_in_their_order) {
    constexpr std::string_view body =
        "{\"create\":{\"_index\":\"web\",\"_id\":\"1\"}}\n{\"host\":\"h\",\"n\":36028797018963968}\n"
        "{\"index\":{}}\n{\"a\":1}\n{\"delete\":{\"_id\":\"9\"}}\n{\"update\":{\"_id\":\"8\"}}\n{\"doc\":{}}\n"
        "{\"create\":{}}\n[1]\n{ \"index\" : {\"_id\":7,\"pipeline\":\"p\"} }\n{\"a\":2}\n";
    for (const std::size_t step : steps) {
        sender s;
        const auto got = s.send("/{index}/_bulk", body, step);
        BOOST_TEST(got.status == 200);
        BOOST_TEST(got.at("/errors").as_bool());
        BOOST_TEST(got.at("/items/0/create/status").as_int64() == 201);
        BOOST_TEST(got.at("/items/0/create/_index").as_string() == "web");
        BOOST_TEST(got.at("/items/0/create/_id").as_string() == "1");
        BOOST_TEST(got.at("/items/1/index/_index").as_string() == "logs-a");
        BOOST_TEST(got.at("/items/1/index/_id").as_string().size() == 36u);
        BOOST_TEST(got.at("/items/2/delete/status").as_int64() == 400);
        BOOST_TEST(got.at("/items/3/update/error/type").as_string() == "illegal_argument_exception");
        BOOST_TEST(got.at("/items/4/create/error/type").as_string() == "mapper_parsing_exception");
        BOOST_TEST(got.at("/items/5/index/_id").as_string() == "7");
        BOOST_TEST(got.at("/items").as_array().size() == 6u);
        BOOST_TEST(s.count() == 3);
        BOOST_TEST(s.count({{"channel", "web"}}) == 1);
        BOOST_TEST(
            s.d.get("/events", {{"host", "h"}}).reply.body.find(R"("fields":{"host":"h","n":36028797018963968})") !=
            std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_bulk_id_is_stored_once_in_its_index) {
    sender s;
    constexpr std::string_view create = "{\"create\":{\"_id\":\"a\"}}\n{\"n\":1}\n{\"create\":{}}\n{\"n\":2}\n";
    BOOST_TEST(!s.send("/{index}/_bulk", create).at("/errors").as_bool());
    const auto again = s.send("/{index}/_bulk", create);
    BOOST_TEST(again.at("/errors").as_bool());
    BOOST_TEST(again.at("/items/0/create/status").as_int64() == 409);
    BOOST_TEST(again.at("/items/1/create/status").as_int64() == 201);
    const auto index = s.send("/{index}/_bulk", "{\"index\":{\"_id\":\"a\"}}\n{\"n\":1}\n");
    BOOST_TEST(!index.at("/errors").as_bool());
    BOOST_TEST(index.at("/items/0/index/status").as_int64() == 200);
    BOOST_TEST(s.send("/_bulk", "{\"create\":{\"_index\":\"b\",\"_id\":\"a\"}}\n{}\n")
                   .at("/items/0/create/status")
                   .as_int64() == 201);
    BOOST_TEST(s.count() == 4);
}

BOOST_AUTO_TEST_CASE(a_bulk_body_that_is_none_is_broken) {
    sender s;
    for (const std::string_view bad :
         {"", "\n\n", "x\n", "{}\n{}\n", "[]\n", "{\"create\":{}}\n", "{\"create\":1}\n{}\n", "{\"drop\":{}}\n{}\n",
          "{\"create\":{},\"index\":{}}\n{}\n", "{\"create\":{}}\n{}\n{\"create\"", "\xff\xfe\n"})
        BOOST_TEST(!s.send("/_bulk", bad).broken.empty(), bad);
    const std::string deep = "{\"create\":" + std::string(100'000, '[') + "\n{}\n";
    BOOST_TEST(!s.send("/_bulk", deep).broken.empty());
    const auto nested =
        s.send("/_bulk", "{\"create\":{}}\n{\"a\":" + std::string(300, '[') + std::string(300, ']') + "}\n");
    BOOST_TEST(nested.at("/items/0/create/status").as_int64() == 400);
    const auto long_id = s.send("/_bulk", "{\"create\":{\"_id\":\"" + std::string(513, 'x') + "\"}}\n{}\n");
    BOOST_TEST(long_id.at("/items/0/create/status").as_int64() == 400);
    const auto long_index = s.send("/_bulk", "{\"create\":{\"_index\":\"" + std::string(256, 'x') + "\"}}\n{}\n");
    BOOST_TEST(long_index.at("/items/0/create/status").as_int64() == 400);
    BOOST_TEST(s.count() == 0);
}

// -- Splunk ---

BOOST_AUTO_TEST_CASE(envelopes_one_behind_the_other_are_kept_as_they_came) {
    const std::string first =
        R"({"time":1772600767.123,"host":"fwd","source":"s","sourcetype":"st","event":{"EventID":4624,"Computer":"pc","timestamp":"2020-01-01T00:00:00Z"}})";
    const std::string body = first + R"({"event":"plain text","time":"1e400"})" + "\n" +
                             R"( {"event":{"severity":"High"},"fields":{"k":"v"}})";
    for (const std::size_t step : steps) {
        sender s;
        const auto got = s.send("/services/collector/event", body, step);
        BOOST_TEST(got.reply == R"({"text":"Success","code":0})");
        BOOST_TEST(got.status == 200);
        BOOST_TEST(got.summary.untimed == 2);
        const auto event = s.d.get("/events", {{"event_code", "4624"}});
        BOOST_TEST(event.reply.body.find("\"fields\":" + first) != std::string::npos);
        BOOST_TEST(event.text("/items/0/timestamp") == "2026-03-04T05:06:07.123000Z");
        BOOST_TEST(event.text("/items/0/host") == "pc");
        BOOST_TEST(event.text("/items/0/source") == "s");
        BOOST_TEST(s.count({{"severity", "high"}}) == 1);
        BOOST_TEST(s.count({{"q", "\"plain text\""}}) == 1);
    }
}

BOOST_AUTO_TEST_CASE(an_envelope_at_fault_is_named_and_what_came_before_stays) {
    const auto check = [](std::string_view bad, int code, int number, int stored) {
        for (const std::size_t step : steps) {
            sender s;
            const auto got = s.send("/services/collector", "{\"event\":1}" + std::string(bad), step);
            BOOST_TEST(got.status == 400, bad);
            BOOST_TEST(got.at("/code").as_int64() == code, bad);
            BOOST_TEST(got.at("/invalid-event-number").as_int64() == number, bad);
            BOOST_TEST(s.count() == stored, bad);
        }
    };
    check("{}", 12, 1, 1);
    check("{\"event\":null}", 12, 1, 1);
    check("{\"event\":\" \"}", 13, 1, 1);
    check("{\"event\":1,\"fields\":[]}", 15, 1, 1);
    check("{\"event\":1}{\"event\":x}{\"event\":2}", 6, 2, 2);
    check("{\"event\":", 6, 1, 1);
    check("]", 6, 1, 1);
    check(",", 6, 1, 1);
    check("5", 6, 1, 1);
    check("{\"event\":\"\xff\"}", 6, 1, 1);
    check("{\"event\":" + std::string(300, '[') + std::string(300, ']') + "}", 6, 1, 1);
    check("{\"event\":\"" + std::string(17u << 20, 'x') + "\"}", 6, 1, 1);
    sender s;
    for (const std::string_view empty : {"", " \n"}) {
        BOOST_TEST(s.send("/services/collector", empty).reply == R"({"text":"No data","code":5})");
        BOOST_TEST(s.send("/services/collector/raw", empty).status == 400);
    }
}

BOOST_AUTO_TEST_CASE(raw_lines_become_envelopes) {
    sender s;
    const auto got =
        s.send("/services/collector/raw", std::string("first \"line\"\n{\"EventID\":1}\nbad \xff byte\0\n\n", 40), 5,
               {{"host", "h"}, {"sourcetype", "st"}, {"other", "x"}});
    BOOST_TEST(got.status == 200);
    BOOST_TEST(s.count() == 3);
    BOOST_TEST(s.count({{"host", "h"}, {"field.sourcetype", "st"}}) == 3);
    BOOST_TEST(s.count({{"event_code", "1"}}) == 1);
    BOOST_TEST(s.d.get("/events", {{"q", "bad"}}).reply.body.find("bad \xEF\xBF\xBD byte") != std::string::npos);
}

// -- Loki ---

BOOST_AUTO_TEST_CASE(loki_entries_carry_their_labels) {
    const std::string body =
        R"({"streams":[{"stream":{"host":"h","app":"nginx","level":"Warn"},"values":[)"
        R"(["1772600767123456789","GET \"/\""],["1772600767123456790","{\"eventName\":\"x\"}",{"trace":"t"}]]},)"
        R"({"values":[],"stream":{}},{"values":[["1","late labels"]],"stream":{"job":"j"}}]})";
    for (const std::size_t step : steps) {
        sender s;
        const auto got = s.send("/loki/api/v1/push", body, step);
        BOOST_TEST(got.status == 204);
        BOOST_TEST(got.reply == "");
        BOOST_TEST(s.count() == 3);
        BOOST_TEST(s.count({{"host", "h"}, {"source", "nginx"}, {"severity", "warn"}}) == 2);
        BOOST_TEST(s.count({{"source", "j"}}) == 1);
        const auto event = s.d.get("/events", {{"event_code", "x"}});
        BOOST_TEST(event.text("/items/0/timestamp") == "2026-03-04T05:06:07.123456Z");
        BOOST_TEST(
            event.reply.body.find(
                R"("fields":{"time":"1772600767123456790","labels":{"host":"h","app":"nginx","level":"Warn"},"metadata":{"trace":"t"},"event":{"eventName":"x"}})") !=
            std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_loki_entry_at_fault_is_told_and_the_rest_is_stored) {
    for (const std::string_view bad :
         {"5", "[]", "[\"1\"]", "[1,\"x\"]", "[\"x\",\"x\"]", "[\"1e400\",\"x\"]", "[\"1\",5]", "[\"1\",\"x\",5]",
          "{\"1\":\"x\"}", "[\"123456789012345678901\",\"x\"]"}) {
        sender s;
        const auto got = s.send("/loki/api/v1/push",
                                R"({"streams":[{"stream":{},"values":[["1","good"],)" + std::string(bad) + "]}]}");
        BOOST_TEST(got.status == 400, bad);
        BOOST_TEST(got.at("/error").as_string().starts_with("entry 2 "), bad);
        BOOST_TEST(s.count() == 1, bad);
    }
    sender s;
    for (const std::string_view bad :
         {"", "{", "[]", "{\"streams\":[{]}", "{\"streams\":[]}}", "{\"streams\":[{\"values\":["})
        BOOST_TEST(!s.send("/loki/api/v1/push", bad).broken.empty(), bad);
    for (const std::string_view bad : {"{}", "{\"streams\":1}", "{\"streams\":[1]}", "{\"streams\":[{\"values\":{}}]}",
                                       "{\"streams\":[{\"stream\":[],\"values\":[]}]}"})
        BOOST_TEST(s.send("/loki/api/v1/push", bad).status == 400, bad);
    const std::string labels = "{\"a\":\"" + std::string(70'000, 'x') + "\"}";
    BOOST_TEST(
        s.send("/loki/api/v1/push", "{\"streams\":[{\"stream\":" + labels + ",\"values\":[[\"1\",\"x\"]]}]}").status ==
        400);
    BOOST_TEST(s.count() == 0);
}

// -- OTLP ---

BOOST_AUTO_TEST_CASE(otlp_records_are_flattened) {
    const std::string body =
        R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},)"
        R"({"key":"host.name","value":{"stringValue":"h1"}}]},"scopeLogs":[{"scope":{"name":"lib","version":"1"},"logRecords":[)"
        R"({"timeUnixNano":"1772600767123456789","observedTimeUnixNano":1772600767123456790,"severityNumber":17,"severityText":"Error",)"
        R"("body":{"stringValue":"failed"},"attributes":[{"key":"n","value":{"intValue":"9223372036854775807"}},{"key":"m","value":{"intValue":-36028797018963969}},)"
        R"({"key":"d","value":{"doubleValue":1.50}},{"key":"b","value":{"boolValue":true}},{"key":"l","value":{"arrayValue":{"values":[{"intValue":1},{}]}}},)"
        R"({"key":"o","value":{"kvlistValue":{"values":[{"key":"x","value":{"bytesValue":"AA=="}}]}}}],"traceId":"ab","eventName":"login"},)"
        R"({"body":{"kvlistValue":{"values":[{"key":"EventID","value":{"intValue":"4624"}}]}},"observedTimeUnixNano":"1772600767123456790"},)"
        R"({"timeUnixNano":"0","body":{"stringValue":"{\"eventName\":\"inner\"}"}}]}]}]})";
    for (const std::size_t step : steps) {
        sender s;
        const auto got = s.send("/v1/logs", body, step);
        BOOST_TEST(got.status == 200);
        BOOST_TEST(got.reply == "{}");
        BOOST_TEST(s.count({{"host", "h1"}, {"source", "shop"}}) == 3);
        BOOST_TEST(got.summary.untimed == 1);
        BOOST_TEST(s.count({{"event_code", "4624"}}) == 1);
        BOOST_TEST(s.count({{"event_code", "inner"}}) == 1);
        const auto event = s.d.get("/events", {{"event_code", "login"}});
        BOOST_TEST(event.text("/items/0/severity") == "error");
        BOOST_TEST(event.text("/items/0/channel") == "lib");
        BOOST_TEST(event.text("/items/0/timestamp") == "2026-03-04T05:06:07.123456Z");
        BOOST_TEST(
            event.reply.body.find(
                R"("attributes":{"n":9223372036854775807,"m":-36028797018963969,"d":1.50,"b":true,"l":[1,null],"o":{"x":"AA=="}})") !=
            std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_holds_nothing_is_taken_by_shippers_whose_servers_take_it) {
    const auto reply_to = [](std::string_view path, std::string_view body, std::size_t step) {
        sender s;
        const auto got = s.send(path, body, step);
        BOOST_TEST(s.count() == 0, body);
        return std::to_string(got.status) + " " + got.reply;
    };
    for (const std::size_t step : steps) {
        for (const std::string_view none :
             {"{}", R"({"resourceLogs":null})", R"({"resourceLogs":[]})", R"({"resourceLogs":[{}]})",
              R"({"more":[{}]})", R"({"resourceLogs":[{"resource":null,"scopeLogs":null}]})",
              R"({"resourceLogs":[{"scopeLogs":[{}]}]})",
              R"({"resourceLogs":[{"scopeLogs":[{"scope":null,"logRecords":null}]}]})"})
            BOOST_TEST(reply_to("/v1/logs", none, step) == "200 {}", none);
        for (const std::string_view none :
             {R"({"streams":[]})", R"({"streams":null})", R"({"streams":[{"stream":{"a":"b"},"values":[]}]})"})
            BOOST_TEST(reply_to("/loki/api/v1/push", none, step) == "204 ", none);
        // These hold something, and not where it belongs.
        for (const std::string_view bad :
             {R"({"resourceLogs":{}})", R"({"resourceLogs":1})", R"({"resourceLogs":[{"scopeLogs":1}]})",
              R"({"resourceLogs":[{"scopeLogs":[{"logRecords":{}}]}]})", R"({"resourceLogs":[{"scopeLogs":[5]}]})",
              R"({"resourceLogs":[null]})"})
            BOOST_TEST(
                reply_to("/v1/logs", bad, step).starts_with(R"(200 {"partialSuccess":{"rejectedLogRecords":"1")"), bad);
        BOOST_TEST(reply_to("/loki/api/v1/push", R"({"strooms":[]})", step).starts_with("400 "));
        for (const std::string_view path : {"/services/collector", "/services/collector/raw"})
            BOOST_TEST(reply_to(path, "", step) == R"(400 {"text":"No data","code":5})", path);
        BOOST_TEST(!sender().send("/_bulk", "", step).broken.empty());
    }
}

BOOST_AUTO_TEST_CASE(members_that_are_null_are_not_set_in_an_otlp_record) {
    sender s;
    const auto got = s.send("/v1/logs", R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":null,)"
                                        R"("severityNumber":null,"severityText":null,"body":null,"attributes":null,)"
                                        R"("traceId":null,"eventName":"x"}]}]}]})");
    BOOST_TEST(got.reply == "{}");
    BOOST_TEST(s.count({{"event_code", "x"}}) == 1);
}

BOOST_AUTO_TEST_CASE(an_otlp_record_at_fault_is_counted_and_the_rest_is_stored) {
    for (const std::string_view bad :
         {"5", R"({"timeUnixNano":"x"})", R"({"timeUnixNano":1e400})", R"({"timeUnixNano":-1})",
          R"({"timeUnixNano":"18446744073709551616"})", R"({"severityNumber":1.5})", R"({"body":5})",
          R"({"body":{"intValue":"9223372036854775808"}})", R"({"body":{"what":1}})", R"({"attributes":{}})",
          R"({"attributes":[{"value":{}}]})", R"({"attributes":[{"key":5}]})", R"({"attributes":[5]})",
          R"({"body":{"boolValue":1}})", R"({"body":{"arrayValue":{"values":[1]}}})"}) {
        sender s;
        const auto got =
            s.send("/v1/logs", R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{},)" + std::string(bad) + "]}]}]}");
        BOOST_TEST(got.status == 200, bad);
        BOOST_TEST(got.at("/partialSuccess/rejectedLogRecords").as_string() == "1", bad);
        BOOST_TEST(s.count() == 1, bad);
    }
    sender s;
    for (const std::string_view bad : {"", "{", "[]", "{\"resourceLogs\":[{]}", "\xff"})
        BOOST_TEST(!s.send("/v1/logs", bad).broken.empty(), bad);
    const std::string deep = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":)" + std::string(5'000, '[') +
                             std::string(5'000, ']') + "}]}]}]}";
    BOOST_TEST(s.send("/v1/logs", deep).at("/partialSuccess/rejectedLogRecords").as_string() == "1");
    BOOST_TEST(s.count() == 0);
}

// Few bytes must not become many events at once, nor hold what they would be.
BOOST_AUTO_TEST_CASE(events_that_few_bytes_stand_for_are_made_step_by_step) {
    std::string body = "{\"streams\":[{\"stream\":{\"a\":\"" + std::string(60'000, 'x') + "\"},\"values\":[";
    for (int i = 0; i < 2'000; ++i) body += (i == 0 ? "" : ",") + std::string("[\"1\",\"\"]");
    body += "]}]}";
    siem::call request;
    siem::uuid_generator ids;
    siem::event_intake intake(protocol_at("/loki/api/v1/push").make(request), {0, {}, {}, {}},
                              [&ids] { return ids.next(); });
    std::string_view rest(body);
    std::size_t held_max = 0;
    std::int64_t events = 0;
    for (bool more = true; more;) {
        more = intake.feed_some(rest);
        held_max = std::max(held_max, intake.bytes_held());
        while (auto part = intake.take_part()) events += part->events;
    }
    BOOST_TEST(!intake.finish().has_value());
    while (auto part = intake.take_part()) events += part->events;
    BOOST_TEST(events == 2'000);
    BOOST_TEST(held_max < 6u << 20);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
