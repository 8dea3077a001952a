#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// Nothing of one request reaches another, whichever connection it comes on.
namespace carrel::testing {

namespace {

const std::string json_type = "Content-Type: application/json\r\n";
const std::string broken = "BROKEN\r\n\r\n";

void expect_fresh_refusal(const wire_reply& reply) {
    BOOST_TEST(reply.status == 400);
    BOOST_TEST(reply.problem() == "bad_request");
    BOOST_TEST(reply.head.find("secret") == std::string::npos);
    BOOST_TEST(reply.body.find("secret") == std::string::npos);
    BOOST_TEST(reply.text("/request_id") == reply.field("x-request-id"));
    BOOST_TEST(reply.text("/instance") == "/");
    for (const auto* field : {"etag", "location", "carrel-commit", "allow", "retry-after"})
        BOOST_TEST(!reply.has(field), field);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(isolation)

BOOST_AUTO_TEST_CASE(a_malformed_request_gets_nothing_of_an_earlier_one_of_another_client) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    for (const std::string_view method : {"HEAD", "GET", "DELETE", "OPTIONS"}) {
        {
            raw_client first(server.port());
            first.ask(method, "/api/v1/alerts/a?secret=1", {}, "X-Request-Id: secret-a\r\nIf-None-Match: \"1\"\r\n");
        }
        raw_client second(server.port());
        second.send(broken);
        expect_fresh_refusal(second.receive());
    }
}

BOOST_AUTO_TEST_CASE(a_malformed_request_gets_nothing_of_an_earlier_one_of_its_connection) {
    running_server server;
    for (const std::string_view first : {"HEAD", "GET", "OPTIONS"}) {
        raw_client client(server.port());
        client.send(client.request(first, "/health/live?secret", {}, "X-Request-Id: secret-a\r\n") + broken);
        BOOST_TEST(client.receive(first == "HEAD").field("x-request-id") == "secret-a");
        expect_fresh_refusal(client.receive());
        BOOST_TEST(client.ends());
    }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_keep_their_own_conditions_and_refusals) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    raw_client client(server.port());
    const std::string patch = R"({"title":"new"})";
    client.send(client.request("PATCH", "/api/v1/alerts/a", patch, json_type + "If-Match: \"9\"\r\n") +
                client.request("GET", "/api/v1/alerts/a", {}, "If-None-Match: \"1\"\r\n") +
                client.request("GET", "/api/v1/alerts/a", {}, "X-Request-Id: mine\r\n") +
                client.request("PATCH", "/api/v1/alerts/a", patch, json_type) +
                client.request("GET", "/api/v1/alerts/a"));
    BOOST_TEST(client.receive().status == 412);
    BOOST_TEST(client.receive().status == 304);
    const auto whole = client.receive();
    BOOST_TEST(whole.status == 200);
    BOOST_TEST(whole.field("x-request-id") == "mine");
    BOOST_TEST(!whole.has("carrel-commit"));
    const auto changed = client.receive();
    BOOST_TEST(changed.status == 200);
    BOOST_TEST(changed.has("carrel-commit"));
    const auto last = client.receive();
    BOOST_TEST(last.field("x-request-id") != "mine");
    BOOST_TEST(!last.has("carrel-commit"));
    BOOST_TEST(last.number("/version") == 2);
}

BOOST_AUTO_TEST_CASE(a_refused_body_is_not_the_next_request_s) {
    running_server server;
    raw_client client(server.port());
    BOOST_TEST(client.ask("POST", "/api/v1/alerts", R"({"secret":1})", json_type).status == 422);
    const auto next = client.ask("POST", "/api/v1/alerts", "{}", json_type);
    BOOST_TEST(next.status == 422);
    BOOST_TEST(next.body.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_condition_of_a_write_holds_inside_its_transaction) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    const auto status = [&](const std::string& fields, const std::string& to) {
        return server.post("/api/v1/alerts/a/status", R"({"status":")" + to + "\"}", fields);
    };
    // A list of versions, with and without a key.
    BOOST_TEST(status("If-Match: \"7\", \"1\"\r\nIdempotency-Key: k1\r\n", "acknowledged").status == 200);
    BOOST_TEST(status("If-Match: \"7\", \"2\"\r\n", "investigating").status == 200);
    // Replayed though the version has grown since.
    BOOST_TEST(status("If-Match: \"7\", \"1\"\r\nIdempotency-Key: k1\r\n", "acknowledged").status == 200);
    BOOST_TEST(status("If-Match: \"7\"\r\n", "resolved").status == 412);
    BOOST_TEST(status("If-None-Match: *\r\n", "resolved").status == 412);
    BOOST_TEST(status("If-None-Match: \"3\"\r\n", "resolved").status == 412);
    BOOST_TEST(status("If-None-Match: \"x\r\n", "resolved").status == 400);
    const auto patch = [&](const std::string& fields) {
        return server.ask("PATCH", "/api/v1/alerts/a", R"({"title":"n"})", json_type + fields).status;
    };
    BOOST_TEST(patch("If-None-Match: W/\"3\"\r\n") == 412);
    BOOST_TEST(patch("If-None-Match: *\r\n") == 412);
    BOOST_TEST(patch("If-None-Match: \"2\"\r\n") == 200);
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a", {}, "If-None-Match: \"4\"\r\n").status == 412);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("b"), "If-Match: \"1\"\r\n").status == 412);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("b"), "If-Match: *\r\n").status == 412);
    BOOST_TEST(server.get("/api/v1/alerts/b").status == 404);
    BOOST_TEST(server.ingest("{}\n", "If-Match: *\r\n").status == 412);
}

BOOST_AUTO_TEST_CASE(a_malformed_head_request_is_refused_without_a_body) {
    running_server server;
    for (const std::string_view fields : {"X Y: v\r\n\r\n", "Connection: close=\r\n\r\n", "X: \x01\r\n\r\n"}) {
        raw_client client(server.port());
        client.send(std::string("HEAD /health/live HTTP/1.1\r\nHost: a\r\n").append(fields));
        BOOST_TEST(client.receive(true).status == 400);
        BOOST_TEST(client.ends());
    }
}

BOOST_AUTO_TEST_CASE(a_request_that_breaks_off_in_its_body_gets_no_good_answer) {
    running_server server;
    raw_client client(server.port());
    client.send(client.request("OPTIONS", "*", {}, "Transfer-Encoding: chunked\r\n") + "x\r\n");
    const auto reply = client.receive();
    BOOST_TEST(reply.status == 400);
    BOOST_TEST(!reply.has("allow"));
    BOOST_TEST(client.ends());
    raw_client longer(server.port());
    longer.send(longer.request("OPTIONS", "*", {}, "Content-Length: 1234567\r\n"));
    BOOST_TEST(longer.receive().status == 413);
    BOOST_TEST(longer.ends());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
