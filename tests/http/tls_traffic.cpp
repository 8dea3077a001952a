#include "tls_client.hpp"

#include <boost/test/unit_test.hpp>

// Requests and responses over TLS: records are not requests, and an end is not always one.
namespace carrel::testing {

namespace {

using namespace std::chrono_literals;

const std::string ndjson_type = "Content-Type: application/x-ndjson\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_traffic)

BOOST_AUTO_TEST_CASE(requests_of_one_record_and_of_many_are_answered_in_order) {
    tls_running_server server;
    for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{7}, std::size_t{1}}) {
        tls_client client(server->port());
        std::string burst;
        for (int i = 0; i < 40; ++i)
            burst += client.request("GET", "/api/v1/alerts/none", {}, "X-Request-Id: r" + std::to_string(i) + "\r\n");
        for (std::size_t at = 0; at < burst.size(); at += piece) client.send(burst.substr(at, piece));
        for (int i = 0; i < 40; ++i) {
            const auto reply = client.receive();
            BOOST_TEST(reply.status == 404);
            BOOST_TEST(reply.field("x-request-id") == "r" + std::to_string(i));
        }
    }
}

BOOST_AUTO_TEST_CASE(records_that_came_at_once_are_read_to_the_last) {
    tls_running_server server;
    tcp_client client(server->port());
    tls_memory_client offline;
    client.send(offline.hello());
    while (!offline.step()) offline.give_from(client.descriptor());
    // The end of the handshake and many requests, a record each, in one segment: one event announces all of it.
    std::string segment = offline.taken();
    for (int i = 0; i < 100; ++i) segment += offline.sealed(client.request("GET", "/health/live"));
    client.send(segment);
    std::string answers;
    const auto count = [&] {
        std::size_t found = 0;
        for (auto at = answers.find("HTTP/1.1 200"); at != std::string::npos; at = answers.find("HTTP/1.1 200", at + 1))
            ++found;
        return found;
    };
    while (count() < 100) {
        offline.give_from(client.descriptor());
        for (auto more = offline.opened(); !more.empty(); more = offline.opened()) answers += more;
    }
    BOOST_TEST(count() == 100u);
}

BOOST_AUTO_TEST_CASE(long_bodies_go_both_ways) {
    tls_running_server server;
    tls_client client(server->port());
    std::string lines;
    for (int i = 0; i < 20'000; ++i)
        lines += R"({"host":"h)" + std::to_string(i) + R"(","more":")" + std::string(200, 'm') + "\"}\n";
    const auto stored = client.ask("POST", "/api/v1/events", lines, ndjson_type);
    BOOST_TEST(stored.number("/accepted") == 20'000);
    const auto page = client.ask("GET", "/api/v1/events?limit=1000");
    BOOST_TEST(page.json().at("items").as_array().size() == 1000u);
    client.send(client.request("GET", "/api/v1/events", {}, "Accept: application/x-ndjson\r\nConnection: close\r\n"));
    const auto all = client.receive_all();
    BOOST_TEST(all.find("\"h0\"") != std::string::npos);
    BOOST_TEST(all.find("\"h19999\"") != std::string::npos);
    BOOST_TEST(all.ends_with("0\r\n\r\n"));
    BOOST_TEST(client.link().ended_cleanly());
}

BOOST_AUTO_TEST_CASE(a_reader_that_takes_its_time_gets_all) {
    tls_running_server server;
    tls_client filling(server->port());
    std::string lines;
    for (int i = 0; i < 1'000; ++i) lines += R"({"host":")" + std::string(1'000, 'h') + "\"}\n";
    filling.ask("POST", "/api/v1/events", lines, ndjson_type);
    raw_client slow;
    slow.receive_little();
    slow.connect(server->port());
    tls_link* link = nullptr;
    slow.use_link([&](int descriptor) {
        auto made = std::make_unique<tls_link>(descriptor);
        made->shake_hands();
        link = made.get();
        return made;
    });
    // More than the sockets hold: the server's sends find no room within a record.
    for (int i = 0; i < 3; ++i) slow.send(slow.request("GET", "/api/v1/events?limit=1000"));
    for (int i = 0; i < 3; ++i) BOOST_TEST(slow.receive().json().at("items").as_array().size() == 1000u);
    BOOST_TEST(slow.ask("GET", "/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(keys_change_in_the_middle_of_it) {
    tls_running_server server;
    tls_client client(server->port(), {.version_min = TLS1_3_VERSION});
    for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
        BOOST_TEST(SSL_key_update(client.native(), kind) == 1);
        BOOST_TEST(client.ask("GET", "/health/live").status == 200);
        BOOST_TEST(client.ask("POST", "/api/v1/events", event_lines(100), ndjson_type).number("/accepted") == 100);
    }
}

BOOST_AUTO_TEST_CASE(the_last_response_is_followed_by_close_notify) {
    tls_running_server server([](auto& settings) { settings.limits.idle_time_max = 500ms; });
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_client closing(server->port(), {.version_min = version, .version_max = version});
        BOOST_TEST(closing.ask("GET", "/health/live", {}, "Connection: close\r\n").status == 200);
        BOOST_TEST(closing.ends());
        BOOST_TEST(closing.link().ended_cleanly());
        tls_client idle(server->port(), {.version_min = version, .version_max = version});
        BOOST_TEST(idle.ask("GET", "/health/live").status == 200);
        BOOST_TEST(idle.ends());
        BOOST_TEST(idle.link().ended_cleanly());
    }
    BOOST_TEST(server.counts().truncated == 0u);
}

BOOST_AUTO_TEST_CASE(a_client_that_has_ended_its_side_is_answered) {
    tls_running_server server;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_client client(server->port(), {.version_min = version, .version_max = version});
        client.send(client.request("GET", "/health/live") + client.request("GET", "/api/v1/alerts/none"));
        client.link().half_close();  // close_notify; the socket stays open
        BOOST_TEST(client.receive().status == 200);
        BOOST_TEST(client.receive().status == 404);
        BOOST_TEST(client.ends());
        BOOST_TEST(client.link().ended_cleanly());
    }
    BOOST_TEST(server.counts().truncated == 0u);
}

BOOST_AUTO_TEST_CASE(an_end_without_close_notify_is_told_from_one_with_it) {
    tls_running_server server;
    tls_client whole(server->port()), part(server->port());
    whole.send(whole.request("GET", "/health/live"));
    ::shutdown(whole.descriptor(), SHUT_WR);
    BOOST_TEST(whole.receive().status == 200);  // by its own framing the request is whole
    BOOST_TEST(whole.ends());
    part.send("POST /api/v1/events HTTP/1.1\r\nHost: " + part.authority() + "\r\n" + ndjson_type +
              "Content-Length: 1000\r\n\r\n" + event_lines(3));
    ::shutdown(part.descriptor(), SHUT_WR);
    const auto reply = part.receive();
    BOOST_TEST(reply.problem() == "bad_request");
    BOOST_TEST(part.ends());
    BOOST_TEST(server.counts().truncated == 2u);
    tls_client asking(server->port());
    const auto page = asking.ask("GET", "/metrics").body;
    BOOST_TEST(page.find("carrel_tls_truncated_total 2") != std::string::npos);
    BOOST_TEST(page.find("carrel_tls_handshakes_total{outcome=\"completed\"} 3") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_record_that_was_changed_ends_the_connection) {
    tls_running_server server;
    tcp_client client(server->port());
    tls_memory_client offline;
    client.send(offline.hello());
    while (!offline.step()) offline.give_from(client.descriptor());
    client.send(offline.taken());
    auto record = offline.sealed(client.request("DELETE", "/api/v1/alerts/a"));
    record[record.size() / 2] ^= 1;
    client.send(record);
    client.receive_all();
    BOOST_TEST(eventually([&] { return server->front().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(those_over_a_limit_are_told_over_tls) {
    tls_running_server server([](auto& settings) { settings.limits.connections_per_address_max = 1; });
    tls_client first(server->port());
    BOOST_TEST(first.ask("GET", "/health/live").status == 200);
    tls_client second(server->port());
    BOOST_TEST(second.receive().problem() == "too_many_connections");
    BOOST_TEST(second.ends());
}

BOOST_AUTO_TEST_CASE(a_drain_answers_what_has_come_and_leaves_no_handshake_behind) {
    tls_running_server server([](auto& settings) { settings.limits.drain_idle_time = 500ms; });
    tls_client open(server->port());
    BOOST_TEST(open.ask("GET", "/health/live").status == 200);
    tcp_client silent(server->port()), half(server->port());
    half.send(tls_memory_client().hello().substr(0, 20));
    BOOST_REQUIRE(eventually([&] { return server->front().connections() == 3; }));
    server->front().begin_drain();
    const auto last = open.ask("GET", "/health/live");
    BOOST_TEST(last.status == 200);
    BOOST_TEST(last.field("connection") == "close");
    BOOST_TEST(eventually([&] { return server->front().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_page_of_https_may_write_where_it_came_from) {
    tls_running_server server([](auto& settings) { settings.allow_hosts = {"siem.example"}; });
    for (const auto& [origin, status] :
         {std::pair("https://siem.example", 201), std::pair("http://siem.example", 403)}) {
        tls_client client(server->port());
        client.send(
            raw_client::request_to("siem.example", "POST", "/api/v1/alerts", alert_body("a"),
                                   std::string("Content-Type: application/json\r\nOrigin: ") + origin + "\r\n"));
        BOOST_TEST(client.receive().status == status, origin);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
