#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// Several requests on one connection before the first reply.
namespace carrel::testing {

namespace {

const std::string json_type = "Content-Type: application/json\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(pipelining)

BOOST_AUTO_TEST_CASE(replies_come_in_the_order_of_requests) {
    running_server server;
    for (int i = 0; i < 3; ++i) server.post("/api/v1/alerts", alert_body("a" + std::to_string(i)));
    raw_client client(server.port());
    std::string burst;
    for (int i = 0; i < 100; ++i)
        burst += client.request("GET", i % 3 == 2 ? "/nothing" : "/api/v1/alerts/a" + std::to_string(i % 3), {},
                                "X-Request-Id: " + std::to_string(i) + "\r\n");
    client.send(burst);
    for (int i = 0; i < 100; ++i) {
        const auto reply = client.receive();
        BOOST_TEST(reply.field("x-request-id") == std::to_string(i));
        BOOST_TEST(reply.status == (i % 3 == 2 ? 404 : 200));
    }
}

BOOST_AUTO_TEST_CASE(an_answer_known_at_once_waits_for_a_slower_one_before_it) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    client.send(client.request("POST", "/api/v1/alerts", alert_body("a"), json_type) +
                client.request("GET", "/health/live"));
    held.release();
    BOOST_TEST(client.receive().status == 201);
    BOOST_TEST(client.receive().body == R"({"status":"alive"})");
}

BOOST_AUTO_TEST_CASE(requests_behind_a_mutation_see_what_it_did) {
    running_server server;
    raw_client client(server.port());
    std::string burst;
    for (int i = 0; i < 20; ++i) {
        const auto id = "m" + std::to_string(i);
        burst += client.request("GET", "/api/v1/alerts/" + id);
        burst += client.request("POST", "/api/v1/alerts", alert_body(id), json_type);
        burst += client.request("GET", "/api/v1/alerts/" + id);
        burst += client.request("DELETE", "/api/v1/alerts/" + id);
        burst += client.request("GET", "/api/v1/alerts/" + id);
    }
    client.send(burst);
    for (int i = 0; i < 20; ++i)
        for (const int expected : {404, 201, 200, 204, 404}) BOOST_TEST(client.receive().status == expected);
}

BOOST_AUTO_TEST_CASE(a_hundred_requests_are_all_answered_though_sixteen_fit) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    std::string burst = client.request("POST", "/api/v1/alerts", alert_body("first"), json_type);
    for (int i = 0; i < 100; ++i) burst += client.request("GET", "/api/v1/alerts/first");
    client.send(burst);
    held.release();
    BOOST_TEST(client.receive().status == 201);
    for (int i = 0; i < 100; ++i) BOOST_TEST(client.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(nothing_is_read_behind_broken_framing) {
    running_server server;
    raw_client client(server.port());
    client.send(client.request("GET", "/health/live") + "BROKEN\r\n\r\n" + client.request("GET", "/health/live"));
    BOOST_TEST(client.receive().status == 200);
    BOOST_TEST(client.receive().status == 400);
    BOOST_TEST(client.ends());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_not_read_from) {
    running_server server;
    raw_client client(server.port());
    // Replies of some 20 KB each: far beyond what sockets hold, so the server must stop and go on later.
    constexpr int requests = 600;
    std::string burst;
    for (int i = 0; i < requests; ++i) burst += client.request("GET", "/openapi.json");
    std::thread sender([&] { client.send(burst); });
    int answered = 0;
    std::size_t size = 0;
    for (int i = 0; i < requests; ++i) {
        const auto reply = client.receive();
        answered += reply.status == 200;
        size = reply.body.size();
    }
    sender.join();
    BOOST_TEST(answered == requests);
    BOOST_TEST(size > 10'000u);
}

// What a client that does not read could make the server hold.
BOOST_AUTO_TEST_CASE(a_long_response_is_made_only_when_the_one_before_it_was_written) {
    running_server server;
    server.fill_alerts(1'000);
    raw_client client;
    client.receive_little();
    client.connect(server.port());
    constexpr std::uint64_t lists = 16;
    std::string burst;
    for (std::uint64_t i = 0; i < lists; ++i) burst += client.request("GET", "/api/v1/alerts?limit=1000");
    client.send(burst);
    const auto made = [&] { return server.store().stats().readers.jobs; };
    BOOST_TEST(eventually([&] { return made() >= 1; }));
    raw_client other(server.port());
    for (int i = 0; i < 200; ++i) BOOST_TEST(other.ask("GET", "/health/live").status == 200);
    BOOST_TEST(made() < lists / 2);
    for (std::uint64_t i = 0; i < lists; ++i) BOOST_TEST(client.receive().body.size() > 200'000u);
    BOOST_TEST(made() >= lists);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
