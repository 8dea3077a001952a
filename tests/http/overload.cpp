#include "fixture.hpp"

#include "http/protocol/problem.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

// What a client gets when others keep readers or the writer busy, and when writes can no longer be taken.
namespace carrel::testing {

namespace {

const std::string json_type = "Content-Type: application/json\r\n";
const std::string slow_count = "/api/v1/alerts/count?tag=none";

std::string within(int milliseconds) { return "Carrel-Timeout-Ms: " + std::to_string(milliseconds) + "\r\n"; }

/// Makes `slow_count` outgrow a shard's budget, and lasts on a background reader, one at a time, as long as this is held.
class slow_readers {
public:
    slow_readers() {
        server.fill_alerts(1'000);
        slow_filter::pause = [this](bool on_shard) { pause(on_shard); };
    }
    ~slow_readers() { release(); }

    void hold() { is_held_ = true; }
    void release() { is_held_ = false; }
    int held() const { return held_; }

    running_server server{{}, [](auto& settings) {
                              settings.deep_reads_max = 1;
                              settings.background_nice = 0;
                          }};

private:
    void pause(bool on_shard) {
        if (on_shard) {
            const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
            while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
        } else if (is_held_) {
            ++held_;
            (void)eventually([this] { return !is_held_; }, std::chrono::seconds(60));
            --held_;
        }
    }

    std::atomic<bool> is_held_{false};
    std::atomic<int> held_{0};
};

class asking {
public:
    asking(running_server& server, int milliseconds)
        : client_(server.port()) {
        client_.send(client_.request("GET", slow_count, {}, within(milliseconds)));
    }
    wire_reply receive() { return client_.receive(); }

private:
    raw_client client_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(overload)

BOOST_AUTO_TEST_CASE(a_read_behind_slow_ones_is_504_while_they_still_run) {
    slow_readers slow;
    slow.hold();
    asking first(slow.server, 60'000);
    BOOST_REQUIRE(eventually([&] { return slow.held() == 1; }));
    asking second(slow.server, 200);
    const auto late = second.receive();
    BOOST_TEST(late.status == 504);
    BOOST_TEST(late.problem() == "timeout");
    BOOST_TEST(slow.held() == 1);
    slow.release();
    BOOST_TEST(first.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(a_read_that_cannot_be_served_in_time_is_503_at_once) {
    slow_readers slow;
    slow.hold();
    asking first(slow.server, 60'000);
    BOOST_REQUIRE(eventually([&] { return slow.held() == 1; }));
    const auto enough = std::chrono::steady_clock::now() + std::chrono::milliseconds(1'000);
    BOOST_TEST(eventually([&] { return std::chrono::steady_clock::now() > enough; }));
    slow.release();
    BOOST_TEST(first.receive().status == 200);  // what it takes is known now
    slow.hold();
    asking running(slow.server, 60'000);
    BOOST_REQUIRE(eventually([&] { return slow.held() == 1; }));
    asking waiting(slow.server, 60'000);
    BOOST_REQUIRE(eventually([&] { return slow.server.store().stats().readers.queue_jobs == 1; }));
    asking hopeless(slow.server, 1'000);
    const auto refused = hopeless.receive();
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.problem() == "overloaded");
    BOOST_TEST(std::stoi(refused.field("retry-after")) >= 1);
    BOOST_TEST(slow.server.get("/api/v1/alerts/filled-1").status == 200);  // what is short is not behind them
    slow.release();
    BOOST_TEST(running.receive().status == 200);
    BOOST_TEST(waiting.receive().status == 200);
}

// A commit a job, so that the commits tell the order in which the jobs ran.
BOOST_AUTO_TEST_CASE(a_small_write_waits_for_no_more_than_one_part_of_the_streams_before_it) {
    running_server server({}, [](auto& settings) { settings.batch_jobs_max = 1; });
    constexpr int streams = 4;
    std::vector<std::unique_ptr<raw_client>> clients;
    const auto commit_of = [](const wire_reply& reply) {
        BOOST_TEST(reply.status == 201);
        return std::stoull(reply.field("carrel-commit"));
    };
    raw_client small(server.port());
    held_writer held(server.store());
    for (int i = 0; i < streams; ++i) {
        auto& client = *clients.emplace_back(std::make_unique<raw_client>(server.port()));
        const auto lines = event_lines(i == 0 ? 25'000 : 10);  // the first comes in parts
        client.send(client.request("POST", "/api/v1/events", lines, "Content-Type: application/x-ndjson\r\n"));
        BOOST_REQUIRE(eventually([&] { return held.behind() == static_cast<std::uint64_t>(i + 1); }));
    }
    small.send(small.request("POST", "/api/v1/alerts", alert_body("small"), json_type));
    BOOST_REQUIRE(eventually([&] { return held.behind() == streams + 1u; }));
    held.release();
    const auto its_commit = commit_of(small.receive());
    int before = 0;
    for (auto& client : clients) before += commit_of(client->receive()) < its_commit ? 1 : 0;
    BOOST_TEST(before <= 1);
}

BOOST_AUTO_TEST_CASE(a_refused_rest_does_not_say_that_nothing_was_done) {
    running_server server;
    raw_client client(server.port());
    const auto text = client.request("POST", "/api/v1/events", event_lines(15'000),
                                     "Content-Type: application/x-ndjson\r\n" + within(60'000));
    client.send(text.substr(0, text.size() - 20));
    const auto stored = [&] { return server.get("/api/v1/events/count").number("/count"); };
    BOOST_TEST_REQUIRE(eventually([&] { return stored() == 10'000; }));
    const auto path = server.store().stats().database_path;
    std::filesystem::rename(path, path + ".aside");
    BOOST_TEST_REQUIRE(eventually([&] { return server.get("/health/ready").status == 503; }));
    client.send(text.substr(text.size() - 20));
    const auto reply = client.receive();
    BOOST_TEST(reply.problem() == "overloaded");
    BOOST_TEST(reply.number("/accepted") == 10'000);
    BOOST_TEST(reply.text("/detail") == "The server cannot take the rest now; `accepted` events were stored.");
    BOOST_TEST(stored() == 10'000);
    for (const auto why : {http::refusal::overloaded, http::refusal::query_cancelled, http::refusal::outcome_unknown,
                           http::refusal::storage_full, http::refusal::internal})
        BOOST_TEST(http::detail_of_rest(why).find("`accepted`") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_server_whose_file_was_replaced_is_not_ready_and_refuses_writes) {
    running_server server;
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("before")).status == 201);
    const auto path = server.store().stats().database_path;
    std::filesystem::rename(path, path + ".aside");
    BOOST_TEST(eventually([&] { return server.get("/health/ready").status == 503; }));
    BOOST_TEST(server.get("/health/ready").text("/checks/writer") == "failed");
    const auto refused = server.post("/api/v1/alerts", alert_body("after"));
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.problem() == "overloaded");
    BOOST_TEST(server.get("/api/v1/alerts/before").status == 200);
    BOOST_TEST(server.get("/api/v1/alerts/after").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
