#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// A mapping of a client's own and the events that come behind it.
namespace carrel::testing {

namespace {

constexpr std::string_view event = R"({"box":{"name":"web-1"},"Computer":"dc-1"})";
const std::string patch_type = "Content-Type: application/merge-patch+json\r\n";

// What the host of an event becomes that is sent now.
std::string host_of_next(running_server& server) {
    const auto taken = server.ingest(std::string(event) + "\n");
    return server.get("/api/v1/events/" + taken.text("/first_id")).text("/host");
}

void add_mapping(running_server& server) {
    BOOST_REQUIRE(
        server.post("/api/v1/field-mappings", R"({"id":"m","name":"boxes","mappings":{"box.name":"host"}})").status ==
        201);
    BOOST_REQUIRE(server.post("/api/v1/field-mappings/m/lifecycle", R"({"to":"test"})").status == 200);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mappings)

BOOST_AUTO_TEST_CASE(a_change_is_in_force_for_the_request_behind_its_reply) {
    running_server server;
    BOOST_TEST(host_of_next(server) == "dc-1");
    add_mapping(server);
    BOOST_TEST(host_of_next(server) == "web-1");
    BOOST_TEST(server.ask("PATCH", "/api/v1/field-mappings/m", R"({"enabled":false})", patch_type).status == 200);
    BOOST_TEST(host_of_next(server) == "dc-1");
    BOOST_TEST(server.post("/api/v1/field-mappings/bulk", R"({"action":"patch","ids":["m"],"patch":{"enabled":true}})")
                   .status == 200);
    BOOST_TEST(host_of_next(server) == "web-1");
    BOOST_TEST(server.ask("DELETE", "/api/v1/field-mappings/m").status == 204);
    BOOST_TEST(host_of_next(server) == "dc-1");
}

BOOST_AUTO_TEST_CASE(a_change_that_is_refused_changes_nothing) {
    running_server server;
    add_mapping(server);
    BOOST_TEST(
        server.ask("PATCH", "/api/v1/field-mappings/m", R"({"mappings":{"box.name":"nothing"}})", patch_type).status ==
        422);
    BOOST_TEST(
        server.ask("PATCH", "/api/v1/field-mappings/m", R"({"enabled":false})", patch_type + "If-Match: \"1\"\r\n")
            .status == 412);
    BOOST_TEST(host_of_next(server) == "web-1");
}

BOOST_AUTO_TEST_CASE(shippers_and_every_shard_read_by_the_same_mappings) {
    running_server server([](http::server_options& settings) { settings.shards = 4; },
                          [](options& settings) { settings.readers_max = 8; });
    add_mapping(server);
    // The connections go to the shards in turn.
    for (int i = 0; i < 8; ++i) BOOST_TEST(host_of_next(server) == "web-1");
    const auto bulk = server.ask("POST", "/_bulk",
                                 R"({"create":{"_index":"x"}})"
                                 "\n" +
                                     std::string(event) + "\n",
                                 "Content-Type: application/x-ndjson\r\n");
    BOOST_TEST(bulk.status == 200);
    BOOST_TEST(server.get("/api/v1/events/count?host=web-1").number("/count") == 9);
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_in_force_from_the_start) {
    running_server server;
    add_mapping(server);
    auto second = http::server::listen(server.store(), running_server::another_servers_options()).value();
    BOOST_REQUIRE(second.run().has_value());
    raw_client client(second.port());
    const auto taken =
        client.ask("POST", "/api/v1/events", std::string(event) + "\n", "Content-Type: application/x-ndjson\r\n");
    BOOST_TEST(server.get("/api/v1/events/" + taken.text("/first_id")).text("/host") == "web-1");
    second.stop(std::chrono::milliseconds(0));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
