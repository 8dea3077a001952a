#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// api.md 1 and 6: which hosts and origins are served.
namespace carrel::testing {

BOOST_AUTO_TEST_SUITE(hosts)

BOOST_AUTO_TEST_CASE(local_names_with_our_port_are_served) {
    running_server server;
    raw_client client(server.port());
    for (const std::string name : {"localhost", "127.0.0.1", "[::1]"}) {
        client.send(raw_client::request_to(name + ":" + std::to_string(server.port()), "GET", "/health/live"));
        BOOST_TEST(client.receive().status == 200);
    }
}

BOOST_AUTO_TEST_CASE(foreign_hosts_are_421_whatever_they_ask_for) {
    running_server server;
    raw_client client(server.port());
    for (const std::string_view host : {"evil.example", "localhost", "127.0.0.1:1", "localhost.evil.example:80"})
        for (const std::string_view target : {"/health/live", "/api/v1/alerts", "/no/such/path"}) {
            client.send(raw_client::request_to(std::string(host), "GET", target));
            const auto reply = client.receive();
            BOOST_TEST(reply.status == 421);
            BOOST_TEST(reply.problem() == "forbidden_host");
        }
}

BOOST_AUTO_TEST_CASE(named_hosts_are_served_too) {
    running_server server([](auto& asked) { asked.allow_hosts = {"soc.example"}; });
    raw_client client(server.port());
    client.send(raw_client::request_to("SOC.example", "GET", "/health/live"));
    BOOST_TEST(client.receive().status == 200);
    client.send(raw_client::request_to("soc.example.evil", "GET", "/health/live"));
    BOOST_TEST(client.receive().status == 421);
}

BOOST_AUTO_TEST_CASE(the_absolute_form_s_authority_counts_as_the_host) {
    running_server server;
    raw_client client(server.port());
    const auto ours = client.ask("GET", "http://" + client.authority() + "/nothing?x=1");
    BOOST_TEST(ours.status == 404);
    BOOST_TEST(ours.text("/instance") == "/nothing");
    BOOST_TEST(client.ask("GET", "http://evil.example/health/live").status == 421);
}

BOOST_AUTO_TEST_CASE(a_foreign_origin_may_read_but_not_write) {
    running_server server;
    const std::string foreign = "Origin: http://evil.example\r\n";
    const auto refused = server.post("/api/v1/alerts", alert_body("a"), foreign);
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.problem() == "forbidden_origin");
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), "Origin: null\r\n").status == 403);
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a", {}, foreign).status == 403);
    BOOST_TEST(server.get("/api/v1/alerts/a", foreign).status == 404);
    const auto own = "Origin: http://localhost:" + std::to_string(server.port()) + "\r\n";
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), own).status == 201);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("b"), "Origin: https://localhost\r\n").status == 403);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
