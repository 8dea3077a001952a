#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

// How the front end stops.
namespace carrel::testing {

namespace {

using namespace std::chrono_literals;

const std::string json_type = "Content-Type: application/json\r\n";

bool is_refused(std::uint16_t port) {
    try {
        raw_client client(port);
        return client.ends();
    } catch (const std::runtime_error&) {
        return true;
    }
}

// Also of a client that loses the processor before it sends them.
void late_requests_are_taken(http::server_options& settings) { settings.limits.drain_idle_time = 20s; }

}  // namespace

BOOST_AUTO_TEST_SUITE(draining)

BOOST_AUTO_TEST_CASE(idle_connections_and_the_listener_are_closed_soon) {
    running_server server;
    raw_client idle(server.port());
    BOOST_TEST(idle.ask("GET", "/health/live").status == 200);
    server.front().begin_drain();
    BOOST_TEST(idle.ends());
    BOOST_TEST(eventually([&] { return is_refused(server.port()); }));
    BOOST_TEST(server.front().stop(10s));
}

BOOST_AUTO_TEST_CASE(a_request_in_flight_is_finished_and_its_connection_closed) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    client.send(client.request("POST", "/api/v1/alerts", alert_body("last"), json_type));
    BOOST_TEST(eventually([&] { return held.behind() >= 1; }));
    server.front().begin_drain();
    held.release();
    const auto reply = client.receive();
    BOOST_TEST(reply.status == 201);
    BOOST_TEST(reply.field("connection") == "close");
    BOOST_TEST(client.ends());
    client.close();
    BOOST_TEST(server.front().stop(10s));
}

BOOST_AUTO_TEST_CASE(a_stream_under_way_is_finished) {
    running_server server(late_requests_are_taken);
    raw_client client(server.port());
    const auto text =
        client.request("POST", "/api/v1/events", event_lines(3'000), "Content-Type: application/x-ndjson\r\n");
    client.send(text.substr(0, text.size() - 100));
    BOOST_TEST(eventually([&] { return server.front().connections() == 1; }));
    BOOST_TEST(server.get("/health/live").status == 200);
    server.front().begin_drain();
    client.send(text.substr(text.size() - 100));
    const auto reply = client.receive();
    BOOST_TEST(reply.number("/accepted") == 3'000);
    BOOST_TEST(reply.field("connection") == "close");
    client.close();
    BOOST_TEST(server.front().stop(10s));
}

BOOST_AUTO_TEST_CASE(readiness_is_false_while_draining) {
    running_server server(late_requests_are_taken);
    raw_client client(server.port());
    const auto text = client.request("GET", "/health/ready");
    client.send(text.substr(0, 10));
    raw_client other(server.port());
    BOOST_TEST(other.ask("GET", "/health/ready").status == 200);  // by now the beginning was read
    server.front().begin_drain();
    client.send(text.substr(10));
    const auto reply = client.receive();
    BOOST_TEST(reply.status == 503);
    BOOST_TEST(reply.text("/status") == "unavailable");
}

BOOST_AUTO_TEST_CASE(half_a_head_does_not_hold_the_end_and_is_refused) {
    running_server server([](auto& settings) { settings.limits.drain_idle_time = 100ms; });
    raw_client client(server.port());
    client.send("GET /health/live HTT");
    BOOST_TEST(server.get("/health/live").status == 200);
    server.front().begin_drain();
    const auto reply = client.receive();
    BOOST_TEST(reply.problem() == "overloaded");
    BOOST_TEST(client.ends());
    client.close();
    BOOST_TEST(server.front().stop(5s));
}

// Either has its answer and the server's end of the connection, and says nothing more.
BOOST_AUTO_TEST_CASE(clients_that_leave_their_side_open_do_not_hold_the_end) {
    running_server server([](auto& settings) {
        settings.limits.drain_idle_time = 100ms;
        settings.limits.linger_progress_max = 60s;
        settings.limits.sweep_interval = 20ms;
    });
    raw_client answered(server.port()), half_a_head(server.port());
    BOOST_TEST(answered.ask("GET", "/health/live", {}, "Connection: close\r\n").status == 200);
    BOOST_TEST(answered.ends());
    half_a_head.send("GET /health/live HTT");
    BOOST_TEST(eventually([&] { return server.front().connections() == 2u; }));
    server.front().begin_drain();
    BOOST_TEST(half_a_head.receive().problem() == "overloaded");
    BOOST_TEST(half_a_head.ends());
    BOOST_TEST(server.front().stop(10s));
}

BOOST_AUTO_TEST_CASE(requests_sent_around_the_drain_are_answered) {
    for (int round = 0; round < 10; ++round) {
        running_server server(late_requests_are_taken);
        std::atomic<int> answered{0}, lost{0};
        std::vector<std::thread> clients;
        for (int i = 0; i < 8; ++i)
            // Connected before the drain can begin: it accepts nobody.
            clients.emplace_back([&, connected = std::make_shared<raw_client>(server.port())] {
                auto& client = *connected;
                for (;;) {
                    const auto reply = client.ask("GET", "/health/live");
                    (reply.status != 0 ? answered : lost)++;
                    if (reply.status == 0 || reply.field("connection") == "close") return;
                }
            });
        BOOST_TEST(eventually([&] { return answered > 200; }));
        server.front().begin_drain();
        for (auto& each : clients) each.join();
        BOOST_TEST(lost == 0);
        BOOST_TEST(server.front().stop(10s));
    }
}

BOOST_AUTO_TEST_CASE(the_deadline_cuts_what_does_not_end) {
    running_server server;
    raw_client client(server.port());
    client.send("GET /health/live HTT");
    BOOST_TEST(server.get("/health/live").status == 200);
    BOOST_TEST(!server.front().stop(50ms));
    BOOST_TEST(client.ends());
    BOOST_TEST(server.front().connections() == 0u);
}

BOOST_AUTO_TEST_CASE(an_accepted_write_is_finished_even_past_the_deadline) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    client.send(client.request("POST", "/api/v1/alerts", alert_body("promised"), json_type));
    BOOST_TEST(eventually([&] { return held.behind() >= 1; }));
    auto stopping = std::async(std::launch::async, [&] { return server.front().stop(10ms); });
    BOOST_TEST(client.ends());
    held.release();
    BOOST_TEST(!stopping.get());
    const auto there = read(server.store(), [](read_session& session) {
        return session.first_integer("SELECT count(*) FROM alerts WHERE id = 'promised'");
    });
    BOOST_TEST(there.value().value() == 1);
}

BOOST_AUTO_TEST_CASE(stopping_twice_is_stopping_once) {
    running_server server;
    BOOST_TEST(server.front().stop(10s));
    BOOST_TEST(server.front().stop(10s));
}

BOOST_AUTO_TEST_CASE(a_server_that_never_ran_goes_quietly) {
    running_server running;
    http::server_options settings;
    settings.port = 0;
    settings.shards = 2;
    auto server = http::server::listen(running.store(), settings).value();
    BOOST_TEST(server.stop(10s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
