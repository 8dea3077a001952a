#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// RFC 9112 on the wire, and what is refused because two readers might disagree about it.
namespace carrel::testing {

namespace {

// Sends a header section as it stands; `HOST` stands for the authority.
wire_reply answer_to(running_server& server, std::string text, bool* ends = nullptr) {
    raw_client client(server.port());
    if (const auto at = text.find("HOST"); at != std::string::npos) text.replace(at, 4, client.authority());
    client.send(text);
    auto reply = client.receive();
    if (ends != nullptr) *ends = client.ends();
    return reply;
}

std::string post_head(std::string_view fields) {
    return std::string("POST /api/v1/alerts HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n")
        .append(fields)
        .append("\r\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(framing)

BOOST_AUTO_TEST_CASE(broken_framing_is_400_with_a_problem_and_ends_the_connection) {
    running_server server;
    const std::string get = "GET /health/live HTTP/1.1\r\nHost: HOST\r\n";
    for (const std::string& text : {
             std::string("GARBAGE\r\n\r\n"),
             std::string("\x16\x03\x01\x02\r\n\r\n"),
             std::string("GET /health/live\r\nHost: HOST\r\n\r\n"),
             std::string("GET  /health/live HTTP/1.1\r\nHost: HOST\r\n\r\n"),
             std::string("GET /health/live HTTP/2.0\r\nHost: HOST\r\n\r\n"),
             std::string("GET /health/live HTTP/1.1\nHost: HOST\n\n"),
             std::string("GET /a\x01"
                         "b HTTP/1.1\r\nHost: HOST\r\n\r\n"),
             std::string("GET /a#b HTTP/1.1\r\nHost: HOST\r\n\r\n"),
             std::string("GET relative HTTP/1.1\r\nHost: HOST\r\n\r\n"),
             get + "Name : value\r\n\r\n",
             get + " folded: first\r\n\r\n",
             get + "X-A: one\r\n two\r\n\r\n",
             get + "X-A: a\rb\r\n\r\n",
             get + "no colon here\r\n\r\n",
             get + "X-A:\r\n \r\n\r\n",
             get + "X-A: \r\n two\r\n\r\n",
             std::string("GET /health/live \n\n"),
             std::string("GET /health/live HTTP/1.1\r\nHost: HOST\n\n"),
             std::string("GET /%zz HTTP/1.1\r\nHost: HOST\r\n\r\n"),
             std::string(4'000, 'A') + " / HTTP/1.1\r\nHost: HOST\r\n\r\n",
         }) {
        bool ends = false;
        const auto reply = answer_to(server, text, &ends);
        BOOST_TEST(reply.status == 400, text);
        BOOST_TEST(reply.problem() == "bad_request", text);
        BOOST_TEST(reply.field("connection") == "close");
        BOOST_TEST(ends);
    }
}

BOOST_AUTO_TEST_CASE(a_request_has_exactly_one_host) {
    running_server server;
    bool ends = false;
    BOOST_TEST(answer_to(server, "GET /health/live HTTP/1.1\r\n\r\n", &ends).status == 400);
    BOOST_TEST(ends);
    BOOST_TEST(answer_to(server, "GET /health/live HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n").status == 400);
    BOOST_TEST(answer_to(server, "GET /health/live HTTP/1.1\r\nHost:\r\n\r\n").status == 400);
    BOOST_TEST(answer_to(server, "GET /health/live HTTP/1.1\r\nHost: a b\r\n\r\n").status == 400);
    BOOST_TEST(answer_to(server, "GET /health/live HTTP/1.0\r\n\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(lengths_that_contradict_each_other_are_refused) {
    running_server server;
    for (const std::string& text : {
             post_head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
             post_head("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + "0\r\n\r\n",
             post_head("Content-Length: 2\r\nContent-Length: 3\r\n") + "{}",
             post_head("Content-Length: 2\r\nContent-Length: 2\r\n") + "{}",
             post_head("Content-Length: 2, 2\r\n") + "{}",
             post_head("Content-Length: +2\r\n") + "{}",
             post_head("Content-Length: -1\r\n"),
             post_head("Content-Length: 99999999999999999999\r\n"),
             post_head("Content-Length: \r\n"),
             post_head("Content-Length:\r\n 2\r\n") + "{}",
             post_head("Content-Length: 2\r\n 2\r\n") + "{}",
         }) {
        bool ends = false;
        BOOST_TEST(answer_to(server, text, &ends).status == 400, text);
        BOOST_TEST(ends);
    }
}

BOOST_AUTO_TEST_CASE(a_transfer_encoding_is_exactly_one_chunked) {
    running_server server;
    for (const std::string_view encoding :
         {"identity", "xchunked", "chunked, identity", "gzip, chunked", "\"chunked\"", ""}) {
        bool ends = false;
        const auto text = post_head("Transfer-Encoding: " + std::string(encoding) + "\r\n") + "0\r\n\r\n";
        BOOST_TEST(answer_to(server, text, &ends).status == 400, text);
        BOOST_TEST(ends);
    }
    BOOST_TEST(
        answer_to(server, post_head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n")
            .status == 400);
    BOOST_TEST(
        answer_to(server, "POST /api/v1/alerts HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            .status == 400);
}

BOOST_AUTO_TEST_CASE(chunks_are_put_together_and_trailers_dropped) {
    running_server server;
    const auto body = alert_body("chunky");
    char first[32];
    std::snprintf(first, sizeof first, "%x;ext=\"1\"\r\n", 5);
    char rest[32];
    std::snprintf(rest, sizeof rest, "\r\n%zx\r\n", body.size() - 5);
    const auto text = post_head("Transfer-Encoding: Chunked\r\n") + first + body.substr(0, 5) + rest + body.substr(5) +
                      "\r\n0\r\nHost: evil\r\nX-Request-Id: from-trailer\r\n\r\n";
    const auto reply = answer_to(server, text);
    BOOST_TEST(reply.status == 201);
    BOOST_TEST(reply.text("/id") == "chunky");
    BOOST_TEST(reply.field("x-request-id") != "from-trailer");
}

BOOST_AUTO_TEST_CASE(broken_chunks_are_refused) {
    running_server server;
    for (const std::string_view chunks :
         {"xyz\r\n", "-1\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3 \r\nabc\r\n",
          "ffffffffffffffffff\r\n", "3\nabc\n0\r\n\r\n", "2;a=\"\n\"\r\n{}\r\n0\r\n\r\n", "2;a=\"\r\n{}\r\n0\r\n\r\n",
          "2\r\n{}\r\n0\r\nX: a\r\n b\r\n\r\n", "2\r\n{}\r\n0\r\nX: a\n\n", "2\r\n{}\r\n0\r\nX: a\nY: b\r\n\r\n",
          "2\r\n{}\r\n0\n\n"})
        BOOST_TEST(answer_to(server, post_head("Transfer-Encoding: chunked\r\n").append(chunks)).status == 400, chunks);
}

BOOST_AUTO_TEST_CASE(chunk_extensions_are_bounded) {
    running_server server;
    std::string text = post_head("Transfer-Encoding: chunked\r\n");
    for (int i = 0; i < 100; ++i) text += "1;e=" + std::string(1'000, 'x') + "\r\n \r\n";
    BOOST_TEST(answer_to(server, text).status == 400);
    BOOST_TEST(
        answer_to(server, post_head("Transfer-Encoding: chunked\r\n") + "1;e=" + std::string(40'000, 'x')).status ==
        400);
}

BOOST_AUTO_TEST_CASE(heads_are_bounded_by_bytes_fields_and_target) {
    running_server server;
    const std::string get = "GET /health/live HTTP/1.1\r\nHost: HOST\r\n";
    std::string fields;
    for (int i = 0; i < 99; ++i) fields += "X-" + std::to_string(i) + ": v\r\n";
    BOOST_TEST(answer_to(server, get + fields + "\r\n").status == 200);
    BOOST_TEST(answer_to(server, get + fields + "X-One-More: v\r\n\r\n").status == 431);
    BOOST_TEST(answer_to(server, get + "X-Big: " + std::string(20'000, 'x') + "\r\n\r\n").status == 431);
    std::string many;
    for (int i = 0; i < 40; ++i) many += "X-" + std::to_string(i) + ": " + std::string(500, 'x') + "\r\n";
    BOOST_TEST(answer_to(server, get + many + "\r\n").status == 431);
    const auto with_target = [](std::size_t size) {
        return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: HOST\r\n\r\n";
    };
    BOOST_TEST(answer_to(server, with_target(8 * 1024)).status == 404);
    BOOST_TEST(answer_to(server, with_target(8 * 1024 + 1)).status == 414);
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
    running_server server;
    raw_client client(server.port());
    const std::string fields = "Content-Type: application/json\r\nX-Request-Id: drop.by_drop-1\r\n";
    for (const char byte : client.request("POST", "/api/v1/alerts?", alert_body("slow"), fields))
        client.send({&byte, 1});
    const auto created = client.receive();
    BOOST_TEST(created.status == 201);
    BOOST_TEST(created.field("x-request-id") == "drop.by_drop-1");
    // The one that aborts a Beast with asserts.
    auto empty = post_head("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n";
    empty.replace(empty.find("HOST"), 4, client.authority());
    for (const char byte : empty) client.send({&byte, 1});
    BOOST_TEST(client.receive().problem() == "bad_request");
    BOOST_TEST(client.ask("GET", "/api/v1/alerts/slow").status == 200);
}

BOOST_AUTO_TEST_CASE(empty_lines_before_a_request_are_skipped) {
    running_server server;
    raw_client client(server.port());
    client.send("\r\n\r\n" + client.request("GET", "/health/live"));
    BOOST_TEST(client.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(connections_persist_as_the_version_says) {
    running_server server;
    raw_client client(server.port());
    BOOST_TEST(!client.ask("GET", "/health/live").has("connection"));
    BOOST_TEST(client.ask("GET", "/health/live", {}, "Connection: close\r\n").field("connection") == "close");
    BOOST_TEST(client.ends());
    bool ends = false;
    BOOST_TEST(answer_to(server, "GET /health/live HTTP/1.0\r\n\r\n", &ends).status == 200);
    BOOST_TEST(ends);
    raw_client old(server.port());
    old.send("GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(old.receive().field("connection") == "keep-alive");
    BOOST_TEST(old.ask("GET", "/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(close_wins_over_keep_alive_in_every_version) {
    running_server server;
    for (const std::string_view version : {"1.0", "1.1"})
        for (const std::string_view options : {"close, keep-alive", "keep-alive, Close"}) {
            bool ends = false;
            const auto text = std::string("GET /health/live HTTP/").append(version) +
                              "\r\nHost: HOST\r\nConnection: " + std::string(options) + "\r\n\r\n";
            BOOST_TEST(answer_to(server, text, &ends).status == 200);
            BOOST_TEST(ends);
        }
}

BOOST_AUTO_TEST_CASE(lists_may_come_in_several_lines) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    BOOST_TEST(server.get("/api/v1/alerts/a", "If-None-Match: \"7\"\r\nIf-None-Match: \"1\"\r\n").status == 304);
    BOOST_TEST(server.get("/api/v1/alerts/a", "If-Match: \"7\"\r\nX: y\r\nIf-Match: \"1\"\r\n").status == 200);
    BOOST_TEST(
        server.post("/api/v1/alerts", alert_body("b"), "Expect: 100-continue\r\nExpect: 100-continue\r\n").status ==
        201);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("c"), "Expect: 100-continue\r\nExpect:\r\n").status == 201);
    BOOST_TEST(server.get("/api/v1/alerts/a", "If-Match:\r\nIf-Match: \"1\"\r\n").status == 200);
    BOOST_TEST(server.ingest("{}\n", "Content-Encoding: identity\r\nContent-Encoding: identity\r\n").status == 201);
    BOOST_TEST(server.get("/health/live", "Origin: http://a\r\nOrigin: http://b\r\n").status == 400);
    // Byte by byte: the joined value outlives what it was joined from.
    raw_client client(server.port());
    for (const char byte :
         client.request("GET", "/api/v1/alerts/a", {}, "If-None-Match: \"7\"\r\nIf-None-Match: \"1\"\r\n"))
        client.send({&byte, 1});
    BOOST_TEST(client.receive().status == 304);
}

BOOST_AUTO_TEST_CASE(methods_this_server_does_not_know_are_405_or_400) {
    running_server server;
    BOOST_TEST(answer_to(server, "CONNECT / HTTP/1.1\r\nHost: HOST\r\n\r\n").status == 400);
    BOOST_TEST(answer_to(server, "BREW /health/live HTTP/1.1\r\nHost: HOST\r\n\r\n").status == 405);
    BOOST_TEST(answer_to(server, "CONNECT HOST HTTP/1.1\r\nHost: a\r\n\r\n").status == 400);
}

BOOST_AUTO_TEST_CASE(a_connection_serves_a_bounded_number_of_requests) {
    running_server server([](auto& settings) { settings.limits.requests_per_connection_max = 3; });
    raw_client client(server.port());
    BOOST_TEST(!client.ask("GET", "/health/live").has("connection"));
    BOOST_TEST(!client.ask("GET", "/health/live").has("connection"));
    BOOST_TEST(client.ask("GET", "/health/live").field("connection") == "close");
    BOOST_TEST(client.ends());
}

BOOST_AUTO_TEST_CASE(head_is_get_without_the_body) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    raw_client client(server.port());
    for (const std::string_view target :
         {"/api/v1/alerts/a", "/health/live", "/health/ready", "/openapi.json", "/nothing"}) {
        const auto whole = client.ask("GET", target);
        const auto head = client.ask("HEAD", target);
        BOOST_TEST(head.status == whole.status);
        BOOST_TEST(head.field("content-length") == whole.field("content-length"));
        BOOST_TEST(head.field("content-type") == whole.field("content-type"));
        BOOST_TEST(head.field("etag") == whole.field("etag"));
    }
    // Had a body come, it would stand before the next response.
    BOOST_TEST(client.ask("GET", "/health/live").body == R"({"status":"alive"})");
}

BOOST_AUTO_TEST_CASE(expecting_100_continue_gets_it_when_the_body_is_wanted) {
    running_server server;
    raw_client client(server.port());
    const auto body = alert_body("patient");
    const std::string fields = "Content-Type: application/json\r\nExpect: 100-continue\r\n";
    auto text = client.request("POST", "/api/v1/alerts", body, fields);
    client.send(text.substr(0, text.size() - body.size()));
    BOOST_TEST(client.receive().status == 100);
    client.send(body);
    BOOST_TEST(client.receive().status == 201);
    text = client.request("POST", "/api/v1/alerts", body, "Expect: 100-continue\r\n");
    client.send(text.substr(0, text.size() - body.size()));
    const auto refused = client.receive();
    BOOST_TEST(refused.status == 415);
    BOOST_TEST(refused.field("connection") == "close");
}

BOOST_AUTO_TEST_CASE(any_other_expectation_is_417) {
    running_server server;
    BOOST_TEST(server.get("/health/live", "Expect: a-miracle\r\n").status == 417);
    BOOST_TEST(answer_to(server, "GET /health/live HTTP/1.0\r\nExpect: a-miracle\r\n\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(a_10_mb_body_gets_a_413_that_the_client_can_read) {
    running_server server;
    const std::string body(10'000'000, ' ');
    for (const std::string fields : {"Content-Type: application/json\r\n", "X-No: type\r\n"}) {
        raw_client client(server.port());
        // The client sends it all before it reads, as simple ones do.
        BOOST_TEST(client.send(client.request("POST", "/api/v1/alerts", body, fields)));
        const auto reply = client.receive();
        BOOST_TEST((reply.status == 413 || reply.status == 415));
        BOOST_TEST(reply.field("connection") == "close");
        BOOST_TEST(client.ends());
    }
    raw_client client(server.port());
    auto text = post_head("Transfer-Encoding: chunked\r\n");
    text.replace(text.find("HOST"), 4, client.authority());
    BOOST_TEST(client.send(text + "989680\r\n" + body + "\r\n0\r\n\r\n"));
    BOOST_TEST(client.receive().problem() == "too_large");
    BOOST_TEST(server.get("/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(a_body_of_just_1_mib_is_taken) {
    running_server server;
    auto body = alert_body("big");
    body.append((1 << 20) - body.size(), ' ');
    BOOST_TEST(server.post("/api/v1/alerts", body).status == 201);
    BOOST_TEST(server.post("/api/v1/alerts", body + " ").problem() == "too_large");
}

BOOST_AUTO_TEST_CASE(a_refused_request_s_short_body_is_read_over) {
    running_server server;
    raw_client client(server.port());
    BOOST_TEST(client.ask("POST", "/nothing", "GET /health/live HTTP/1.1\r\n\r\n").status == 404);
    BOOST_TEST(client.ask("POST", "/api/v1/alerts", "{}").status == 415);
    BOOST_TEST(client.ask("GET", "/health/live").body == R"({"status":"alive"})");
}

BOOST_AUTO_TEST_CASE(a_body_where_none_belongs_is_ignored) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    raw_client client(server.port());
    BOOST_TEST(client.ask("GET", "/api/v1/alerts/a", "what is this", "Content-Type: text/plain\r\n").status == 200);
    BOOST_TEST(client.ask("DELETE", "/api/v1/alerts/a", "{\"a\":").status == 204);
    BOOST_TEST(client.ask("GET", "/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_early_is_400) {
    running_server server;
    raw_client client(server.port());
    const auto text =
        client.request("POST", "/api/v1/alerts", alert_body("half"), "Content-Type: application/json\r\n");
    client.send(text.substr(0, text.size() - 3));
    client.half_close();
    const auto reply = client.receive();
    BOOST_TEST(reply.problem() == "bad_request");
    BOOST_TEST(client.ends());
    BOOST_TEST(server.get("/api/v1/alerts/half").status == 404);
}

BOOST_AUTO_TEST_CASE(who_asks_and_shuts_its_side_is_still_answered) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    raw_client client(server.port());
    client.send(client.request("GET", "/api/v1/alerts/a"));
    client.half_close();
    BOOST_TEST(client.receive().status == 200);
    BOOST_TEST(client.ends());
    raw_client writer(server.port());
    writer.send(writer.request("POST", "/api/v1/alerts", alert_body("b"), "Content-Type: application/json\r\n"));
    writer.half_close();
    BOOST_TEST(writer.receive().status == 201);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
