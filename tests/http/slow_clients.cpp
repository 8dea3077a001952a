#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// Slow clients. The limits are made short; the sweep decides, so the tests wait for what it does.
namespace carrel::testing {

namespace {

using namespace std::chrono_literals;

// A limit that clients keep to before they are slow, also one that loses the processor on its way.
constexpr auto client_time = 500ms;

}  // namespace

BOOST_AUTO_TEST_SUITE(slow_clients)

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed) {
    running_server server([](auto& settings) { settings.limits.idle_time_max = client_time; });
    raw_client client(server.port());
    BOOST_TEST(client.ask("GET", "/health/live").status == 200);
    BOOST_TEST(client.ends());
}

BOOST_AUTO_TEST_CASE(a_head_that_does_not_end_is_not_waited_for) {
    running_server server([](auto& settings) { settings.limits.head_time_max = client_time; });
    raw_client client(server.port());
    client.send("GET /health/live HTTP/1.1\r\nX-Slow: ");
    const auto reply = client.receive();
    BOOST_TEST(reply.status == 408);
    BOOST_TEST(reply.problem() == "request_timeout");
    BOOST_TEST(reply.field("connection") == "close");
    BOOST_TEST(client.ends());
    client.close();
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_head_that_drips_is_not_waited_for_either) {
    running_server server([](auto& settings) {
        settings.limits.head_time_max = 100ms;
        settings.limits.linger_time_max = 100ms;
    });
    raw_client client(server.port());
    client.send("GET /health/live HTTP/1.1\r\nX-Slow: ");
    // Every byte is progress of a kind; the limit is for the whole header section.
    BOOST_TEST(eventually([&] { return !client.send("x") || server.front().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_body_that_stops_coming_is_408) {
    running_server server([](auto& settings) { settings.limits.body_progress_max = 50ms; });
    raw_client client(server.port());
    const auto text = client.request("POST", "/api/v1/alerts", alert_body("a"), "Content-Type: application/json\r\n");
    client.send(text.substr(0, text.size() - 5));
    const auto reply = client.receive();
    BOOST_TEST(reply.problem() == "request_timeout");
    BOOST_TEST(reply.text("/instance") == "/api/v1/alerts");
    BOOST_TEST(client.ends());
}

BOOST_AUTO_TEST_CASE(a_body_that_drips_is_not_waited_for) {
    running_server server([](auto& settings) { settings.limits.body_time_max = 50ms; });
    raw_client client(server.port());
    client.send("POST /api/v1/alerts HTTP/1.1\r\nHost: " + client.authority() +
                "\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n");
    std::thread dripping([&] {
        while (server.front().connections() != 0 && client.send(" ")) std::this_thread::yield();
    });
    BOOST_TEST(client.receive().status == 408);
    client.half_close();
    dripping.join();
}

BOOST_AUTO_TEST_CASE(a_body_whose_last_byte_is_held_back_is_cut_at_the_progress_timer) {
    running_server server([](auto& settings) { settings.limits.body_progress_max = client_time; });
    raw_client client(server.port());
    const auto text =
        client.request("POST", "/api/v1/events", event_lines(20'000), "Content-Type: application/x-ndjson\r\n");
    client.send(text.substr(0, text.size() - 1));
    const auto reply = client.receive();
    BOOST_TEST(reply.status == 408);
    BOOST_TEST(reply.number("/accepted") == 10'000);
    BOOST_TEST(client.ends());
}

BOOST_AUTO_TEST_CASE(a_stalled_chunked_stream_is_answered_with_what_was_stored) {
    running_server server([](auto& settings) { settings.limits.body_progress_max = client_time; });
    raw_client client(server.port());
    const auto lines = event_lines(10'500);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", lines.size());
    client.send("POST /api/v1/events HTTP/1.1\r\nHost: " + client.authority() +
                "\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n" + size + lines + "\r\n");
    const auto reply = client.receive();
    BOOST_TEST(reply.problem() == "request_timeout");
    BOOST_TEST(reply.number("/accepted") == 10'000);
    BOOST_TEST(reply.has("carrel-commit"));
    BOOST_TEST(reply.field("connection") == "close");
    BOOST_TEST(client.ends());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_take_its_reply_is_let_go) {
    running_server server([](auto& settings) { settings.limits.write_progress_max = client_time; });
    raw_client client(server.port());
    std::string burst;
    for (int i = 0; i < 200; ++i) burst += client.request("GET", "/openapi.json");
    std::thread sender([&] {
        for (int i = 0; i < 20 && client.send(burst); ++i) {
        }
    });
    client.await_bytes();  // by now it is served
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    sender.join();
}

BOOST_AUTO_TEST_CASE(a_response_that_only_the_kernel_holds_is_not_taken_yet) {
    running_server server([](auto& settings) { settings.limits.write_progress_max = client_time; });
    server.ingest(event_lines(2'000));
    raw_client client;
    client.receive_little();
    client.connect(server.port());
    // Fits the server's send buffer, so nothing is left for the server to send; the client takes none of it.
    client.send(client.request("GET", "/api/v1/events?limit=300"));
    client.await_bytes();
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(responses_that_wait_for_slow_clients_are_bounded_over_all) {
    running_server server([](auto& settings) { settings.limits.unsent_bytes_max = 0; });
    std::string lines;
    for (int i = 0; i < 1'000; ++i) lines += R"({"host":")" + std::string(1'000, 'h') + "\"}\n";
    server.ingest(lines);
    const std::string target = "/api/v1/events?limit=1000";
    raw_client slow;
    slow.receive_little();
    slow.connect(server.port());
    slow.send(slow.request("GET", target));
    BOOST_TEST(eventually([&] { return server.get(target).problem() == "overloaded"; }));
    BOOST_TEST(server.get("/health/ready").status == 200);
    BOOST_TEST(server.get("/api/v1/alerts/none").status == 404);
    slow.close();
    BOOST_TEST(eventually([&] { return server.get(target).status == 200; }));
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_the_writer_is_not_slow) {
    running_server server([](auto& settings) {
        settings.limits.head_time_max = settings.limits.body_time_max = settings.limits.idle_time_max = client_time;
    });
    held_writer held(server.store());
    raw_client client(server.port());
    client.send(client.request("POST", "/api/v1/alerts", alert_body("a"), "Content-Type: application/json\r\n"));
    const auto until = std::chrono::steady_clock::now() + 2 * client_time;
    BOOST_TEST(eventually([&] { return std::chrono::steady_clock::now() > until; }));
    held.release();
    BOOST_TEST(client.receive().status == 201);
}

BOOST_AUTO_TEST_CASE(a_refused_client_that_keeps_sending_is_let_go_in_the_end) {
    running_server server([](auto& settings) { settings.limits.linger_time_max = 100ms; });
    raw_client client(server.port());
    client.send("POST /api/v1/alerts HTTP/1.1\r\nHost: " + client.authority() +
                "\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n");
    BOOST_TEST(client.receive().status == 413);
    const std::string more(100'000, ' ');
    BOOST_TEST(eventually([&] { return !client.send(more); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
