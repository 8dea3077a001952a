#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// Which hosts and origins are served.
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
        for (const std::string_view target : {"/openapi.json", "/api/v1/alerts", "/no/such/path", "/metricsx"}) {
            client.send(raw_client::request_to(std::string(host), "GET", target));
            const auto reply = client.receive();
            BOOST_TEST(reply.status == 421);
            BOOST_TEST(reply.problem() == "forbidden_host");
        }
}

BOOST_AUTO_TEST_CASE(named_hosts_are_served_too) {
    running_server server([](auto& settings) { settings.allow_hosts = {"soc.example"}; });
    raw_client client(server.port());
    client.send(raw_client::request_to("SOC.example", "GET", "/health/live"));
    BOOST_TEST(client.receive().status == 200);
    client.send(raw_client::request_to("soc.example.evil", "GET", "/api/v1/alerts"));
    BOOST_TEST(client.receive().status == 421);
}

BOOST_AUTO_TEST_CASE(the_absolute_form_s_authority_counts_as_the_host) {
    running_server server;
    raw_client client(server.port());
    const auto ours = client.ask("GET", "http://" + client.authority() + "/nothing?x=1");
    BOOST_TEST(ours.status == 404);
    BOOST_TEST(ours.text("/instance") == "/nothing");
    BOOST_TEST(client.ask("GET", "http://evil.example/api/v1/alerts").status == 421);
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
    const auto own = std::string("Origin: ") + (all_over_tls() ? "https" : "http") +
                     "://localhost:" + std::to_string(server.port()) + "\r\n";
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), own).status == 201);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("b"), "Origin: https://localhost\r\n").status == 403);
}

BOOST_AUTO_TEST_CASE(health_and_metrics_answer_any_host) {
    running_server server;
    raw_client client(server.port());
    for (const std::string_view target : {"/health/live", "/health/ready", "/metrics", "/services/collector/health"}) {
        client.send(raw_client::request_to("10.0.0.7:9100", "GET", target));
        BOOST_TEST(client.receive().status == 200, target);
    }
    client.send(raw_client::request_to("10.0.0.7:9100", "POST", "/metrics"));
    BOOST_TEST(client.receive().status == 421);
}

BOOST_AUTO_TEST_CASE(a_named_origin_may_write_and_read) {
    running_server server([](auto& settings) { settings.allow_origins = {"https://siem.example"}; });
    const std::string origin = "Origin: https://siem.example\r\nSec-Fetch-Site: cross-site\r\n";
    const auto made = server.post("/api/v1/alerts", alert_body("a"), origin);
    BOOST_TEST(made.status == 201);
    BOOST_TEST(made.field("access-control-allow-origin") == "https://siem.example");
    BOOST_TEST(made.field("vary").find("Origin") != std::string::npos);
    const auto preflight =
        server.ask("OPTIONS", "/api/v1/alerts/a", {}, origin + "Access-Control-Request-Method: PATCH\r\n");
    BOOST_TEST(preflight.status == 204);
    BOOST_TEST(preflight.field("access-control-allow-methods").find("PATCH") != std::string::npos);
    BOOST_TEST(preflight.field("access-control-allow-headers").find("If-Match") != std::string::npos);
    BOOST_TEST(!server.get("/api/v1/alerts/a").has("access-control-allow-origin"));
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("b"), "Origin: https://other.example\r\n").status == 403);
}

BOOST_AUTO_TEST_CASE(the_scheme_a_proxy_names_counts_only_if_the_proxy_is_trusted) {
    const std::string fields =
        "Origin: https://siem.example\r\nX-Forwarded-Proto: https\r\nContent-Type: application/json\r\n";
    for (const bool is_trusted : {false, true}) {
        running_server server([&](auto& settings) {
            settings.allow_hosts = {"siem.example"};
            if (is_trusted) settings.trusted_proxies = {"127.0.0.1"};
        });
        raw_client client(server.port());
        client.send(raw_client::request_to("siem.example", "POST", "/api/v1/alerts", alert_body("a"), fields));
        BOOST_TEST(client.receive().status == (is_trusted || all_over_tls() ? 201 : 403));
    }
}

BOOST_AUTO_TEST_CASE(another_site_s_requests_are_refused) {
    running_server server;
    for (const std::string_view method : {"GET", "HEAD", "POST"}) {
        raw_client client(server.port());
        BOOST_TEST(client.ask(method, "/api/v1/alerts", {}, "Sec-Fetch-Site: cross-site\r\n").status == 403);
    }
    BOOST_TEST(server.get("/api/v1/alerts", "Sec-Fetch-Site: same-origin\r\n").status == 200);
    BOOST_TEST(server.get("/api/v1/alerts", "Sec-Fetch-Site: none\r\n").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
