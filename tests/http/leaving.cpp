#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <deque>
#include <fstream>
#include <sstream>

// Clients that go away before their answer.
namespace carrel::testing {

namespace {

const std::string json_type = "Content-Type: application/json\r\n";

// Reads that stand still on background readers until they are let go. Readers may be in them after the test is over.
struct held_reads {
    explicit held_reads(running_server& server) {
        server.fill_alerts(alerts);
        slow_filter::pause = [state = state_](bool on_shard) {
            if (!on_shard) return state->pass();
            // Outgrow the resident reader's budget, so that the read moves on.
            const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(100);
            while (std::chrono::steady_clock::now() < until) continue;
        };
    }
    bool has_begun() const { return state_->has_begun; }
    void go_on_for_a_row() { state_->let_go(1); }
    void go_on() { state_->let_go(1'000'000); }

    static constexpr int alerts = 5'000;
    static constexpr std::string_view target = "/api/v1/alerts/count?tag=none";

private:
    struct shared_state {
        std::atomic<bool> has_begun{false};
        std::mutex mutex;
        std::condition_variable grown;
        int rows = 0;

        void pass() {
            has_begun = true;
            std::unique_lock lock(mutex);
            grown.wait(lock, [this] { return rows > 0; });
            --rows;
        }
        void let_go(int more) {
            {
                std::lock_guard lock(mutex);
                rows += more;
            }
            grown.notify_all();
        }
    };
    std::shared_ptr<shared_state> state_ = std::make_shared<shared_state>();
};

// What the system knows of the server's connections in the state FIN_WAIT2, seen from the client: it has ended its side, and
// the server's system has taken that.
bool any_end_was_taken(std::uint16_t server_port) {
    std::ifstream table("/proc/net/tcp");
    std::string line, number, local, remote, state;
    std::getline(table, line);
    while (std::getline(table, line)) {
        std::istringstream(line) >> number >> local >> remote >> state;
        if (std::stoul(remote.substr(remote.find(':') + 1), nullptr, 16) == server_port && state == "05") return true;
    }
    return false;
}

// Reads go on while the shard takes turns, which the requests of another client are: whether the client that left is gone
// long before one read has seen all rows.
bool ends_before_its_rows(running_server& server, held_reads& slow, raw_client& other) {
    for (int rows = 0; rows < held_reads::alerts / 2 && server.front().connections() > 1; ++rows) {
        slow.go_on_for_a_row();
        if (other.ask("GET", "/health/live").status != 200) return false;
    }
    return eventually([&] { return server.front().connections() == 1; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leaving)

BOOST_AUTO_TEST_CASE(a_read_nobody_waits_for_is_given_up) {
    running_server server;
    held_reads slow(server);
    raw_client client(server.port());
    client.send(client.request("GET", held_reads::target));
    BOOST_TEST(eventually([&] { return slow.has_begun(); }));
    raw_client other(server.port());
    BOOST_TEST_REQUIRE(other.ask("GET", "/health/live").status == 200);
    client.close();
    BOOST_TEST(ends_before_its_rows(server, slow, other));
    slow.go_on();
}

BOOST_AUTO_TEST_CASE(a_client_that_only_ended_its_side_gets_its_slow_answer) {
    running_server server;
    held_reads slow(server);
    raw_client client(server.port());
    client.send(client.request("GET", held_reads::target));
    BOOST_TEST(eventually([&] { return slow.has_begun(); }));
    client.half_close();
    BOOST_TEST(eventually([&] { return any_end_was_taken(server.port()); }));
    // The end is looked into one turn later; requests of another client are turns.
    raw_client other(server.port());
    for (int i = 0; i < 5; ++i) BOOST_TEST(other.ask("GET", "/health/live").status == 200);
    slow.go_on();
    const auto reply = client.receive();
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.number("/count") == 0);
    BOOST_TEST(client.ends());
}

BOOST_AUTO_TEST_CASE(a_pipeline_of_scans_whose_client_left_is_not_worked_off) {
    running_server server;
    held_reads slow(server);
    raw_client client(server.port());
    std::string burst;
    for (int i = 0; i < 16; ++i) burst += client.request("GET", held_reads::target);
    client.send(burst);
    BOOST_TEST(eventually([&] { return slow.has_begun(); }));
    raw_client other(server.port());
    BOOST_TEST_REQUIRE(other.ask("GET", "/health/live").status == 200);
    client.close();
    BOOST_TEST(ends_before_its_rows(server, slow, other));
    slow.go_on();
    BOOST_TEST(other.ask("GET", "/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(a_reset_connection_gives_its_read_up_too) {
    running_server server;
    held_reads slow(server);
    raw_client client(server.port());
    client.send(client.request("GET", held_reads::target));
    BOOST_TEST(eventually([&] { return slow.has_begun(); }));
    client.reset();
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    slow.go_on();
    BOOST_TEST(server.get("/health/ready").status == 200);
}

BOOST_AUTO_TEST_CASE(a_write_whose_client_left_is_done_all_the_same) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    client.send(client.request("POST", "/api/v1/alerts", alert_body("kept"), json_type));
    BOOST_TEST(eventually([&] { return held.behind() >= 1; }));
    client.reset();
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    held.release();
    BOOST_TEST(eventually([&] { return server.get("/api/v1/alerts/kept").status == 200; }));
}

BOOST_AUTO_TEST_CASE(a_stream_whose_client_left_keeps_whole_parts_only) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    const auto text =
        client.request("POST", "/api/v1/events", event_lines(15'000), "Content-Type: application/x-ndjson\r\n");
    client.send(text.substr(0, text.size() - 10));
    BOOST_TEST(eventually([&] { return held.behind() >= 1; }));
    client.reset();
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    held.release();
    BOOST_TEST(eventually([&] { return server.get("/api/v1/events/count").number("/count") == 10'000; }));
}

BOOST_AUTO_TEST_CASE(a_thousand_clients_that_leave_at_once_leave_nothing_behind) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    for (int round = 0; round < 10; ++round) {
        std::deque<raw_client> crowd;
        for (int i = 0; i < 100; ++i) {
            auto& each = crowd.emplace_back(server.port());
            each.send(each.request("GET", "/api/v1/alerts/a"));
            if (i % 2 == 0) each.reset();
        }
    }
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    BOOST_TEST(server.get("/api/v1/alerts/a").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
