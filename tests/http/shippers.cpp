#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// Shippers' requests are stored whole or not at all, and are refused in the words that their clients know.
namespace carrel::testing {

namespace {

std::int64_t stored(running_server& server) { return server.get("/api/v1/events/count").number("/count"); }

std::string envelopes(int count) {
    std::string body;
    for (int i = 0; i < count; ++i) body += "{\"event\":\"number " + std::to_string(i) + "\"}";
    return body;
}

const std::string json = "Content-Type: application/json\r\n";
const std::string soon = json + "Carrel-Timeout-Ms: 50\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(shippers_http)

BOOST_AUTO_TEST_CASE(a_request_longer_than_a_part_is_one_commit) {
    running_server server;
    const auto reply = server.ask("POST", "/services/collector", envelopes(25'000), json);
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body == R"({"text":"Success","code":0})");
    BOOST_TEST(stored(server) == 25'000);
    const auto next = server.post("/api/v1/alerts", R"({"title":"t","severity":"low"})");
    BOOST_TEST(std::stoull(next.field("carrel-commit")) == std::stoull(reply.field("carrel-commit")) + 1);
}

BOOST_AUTO_TEST_CASE(while_the_writer_is_busy_nothing_is_stored_and_the_client_is_asked_to_come_again) {
    running_server server;
    const std::string bulk = "{\"create\":{\"_id\":\"1\"}}\n{\"a\":1}\n";
    {
        held_writer held(server.store());
        const auto hec = server.ask("POST", "/services/collector", envelopes(12'000), soon);
        BOOST_TEST(hec.status == 503);
        BOOST_TEST(hec.has("retry-after"));
        BOOST_TEST(hec.number("/code") == 9);
        const auto elastic = server.ask("POST", "/logs/_bulk", bulk, soon);
        BOOST_TEST(elastic.status == 503);
        BOOST_TEST(elastic.has("retry-after"));
        BOOST_TEST(elastic.text("/error/type") == "es_rejected_execution_exception");
        BOOST_TEST(elastic.field("x-elastic-product") == "Elasticsearch");
    }
    BOOST_TEST(stored(server) == 0);
    BOOST_TEST(server.ask("POST", "/services/collector", envelopes(12'000), json).status == 200);
    BOOST_TEST(server.ask("POST", "/logs/_bulk", bulk, json).number("/items/0/create/status") == 201);
    BOOST_TEST(server.ask("POST", "/logs/_bulk", bulk, json).number("/items/0/create/status") == 409);
    BOOST_TEST(stored(server) == 12'001);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_cut_off_or_slow_stores_nothing) {
    running_server server([](auto& settings) { settings.limits.body_progress_max = std::chrono::seconds(1); });
    for (const bool ends : {true, false}) {
        raw_client client(server.port());
        const auto text = client.request("POST", "/services/collector", envelopes(25'000), json);
        client.send(text.substr(0, text.size() - 20));
        if (ends) client.half_close();
        BOOST_TEST(client.receive().status == (ends ? 400 : 408));
    }
    BOOST_TEST(stored(server) == 0);
}

BOOST_AUTO_TEST_CASE(the_bounds_of_a_request_hold) {
    running_server server([](auto& settings) {
        settings.limits.events_max = 20'000;
        settings.limits.event_bytes_max = 4u << 20;
    });
    BOOST_TEST(server.ask("POST", "/services/collector", envelopes(20'001), json).status == 413);
    const std::string wide = R"({"streams":[{"stream":{"a":")" + std::string(60'000, 'x') + R"("},"values":[)";
    std::string values = "[\"1\",\"\"]";
    for (int i = 0; i < 20'000; ++i) values += ",[\"1\",\"\"]";
    const auto loki = server.ask("POST", "/loki/api/v1/push", wide + values + "]}]}", json);
    BOOST_TEST(loki.status == 413);
    BOOST_TEST(loki.text("/status") == "error");
    BOOST_TEST(stored(server) == 0);
}

BOOST_AUTO_TEST_CASE(a_head_alone_is_answered_without_a_body) {
    running_server server;
    const auto head = server.ask("HEAD", "/");
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.body == "");
    BOOST_TEST(head.field("x-elastic-product") == "Elasticsearch");
    BOOST_TEST(server.get("/", "Accept: text/html\r\n").body.starts_with("<!doctype html>"));
    BOOST_TEST(server.get("/", "Accept: application/json\r\nAccept: text/html\r\n").field("content-type") ==
               "text/html; charset=utf-8");
    BOOST_TEST(server.get("/", "Accept: */*\r\n").text("/version/number") == "8.11.0");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
