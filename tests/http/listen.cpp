#include "fixture.hpp"

#include "http/net/address_counts.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

// What it takes to listen, and the limits on connections.
namespace carrel::testing {

namespace {

std::string refusal_to_listen(running_server& running, const running_server::tweak& change) {
    http::server_options settings;
    settings.port = 0;
    change(settings);
    auto server = http::server::listen(running.store(), settings);
    return server ? "" : server.error().message();
}

// Lowers the soft limit of open files while it lives.
class few_descriptors {
public:
    explicit few_descriptors(rlim_t many, rlim_t at_most = 0) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit low = before_;
        low.rlim_cur = many;
        if (at_most != 0) low.rlim_max = at_most;
        ::setrlimit(RLIMIT_NOFILE, &low);
    }
    ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

std::chrono::microseconds processor_time() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

int lowest_free_descriptor() {
    const int free = ::dup(0);
    ::close(free);
    return free;
}

// Two clients whose mutations wait for the writer.
std::deque<raw_client> send_two_behind(held_writer& held, running_server& server) {
    std::deque<raw_client> busy;
    for (const std::string id : {"a", "b"}) {
        auto& each = busy.emplace_back(server.port());
        each.send(each.request("POST", "/api/v1/alerts", alert_body(id), "Content-Type: application/json\r\n"));
    }
    BOOST_TEST(eventually([&] { return held.behind() >= 2; }));
    return busy;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listening)

BOOST_AUTO_TEST_CASE(port_zero_picks_a_free_one_and_reports_it) {
    running_server one, two;
    BOOST_TEST(one.port() != 0);
    BOOST_TEST(one.port() != two.port());
    const std::string scheme = all_over_tls() ? "https" : "http";
    BOOST_TEST(one.front().url() == scheme + "://127.0.0.1:" + std::to_string(one.port()));
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_reported_in_one_line) {
    running_server running;
    const auto why = refusal_to_listen(running, [&](auto& settings) { settings.port = running.port(); });
    BOOST_TEST(why.find("cannot listen on 127.0.0.1:" + std::to_string(running.port())) != std::string::npos);
    BOOST_TEST(why.find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_not_an_address_is_refused) {
    running_server running;
    BOOST_TEST(refusal_to_listen(running, [](auto& settings) { settings.address = "localhost"; }).find("localhost") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_loopback_is_served_without_authentication) {
    running_server running;
    BOOST_TEST(!refusal_to_listen(running, [](auto& settings) { settings.address = "0.0.0.0"; }).empty());
    BOOST_TEST(refusal_to_listen(running, [](auto& settings) {
                   settings.address = "0.0.0.0";
                   settings.insecure = true;
               }).empty());
    BOOST_TEST(refusal_to_listen(running, [](auto& settings) { settings.address = "127.0.0.2"; }).empty());
}

BOOST_AUTO_TEST_CASE(more_shards_than_readers_are_refused) {
    temp_directory directory;
    options settings;
    settings.path = directory.file("few.db");
    settings.readers_max = 2;
    auto store = database::open(settings).value();
    http::server_options front;
    front.port = 0;
    front.shards = 8;
    auto server = http::server::listen(store, front).value();
    BOOST_TEST(!server.run().has_value());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_gives_way_to_a_newcomer) {
    running_server server([](auto& settings) { settings.limits.connections_max = 3; });
    std::deque<raw_client> crowd;
    for (int i = 0; i < 3; ++i) crowd.emplace_back(server.port());
    BOOST_TEST(eventually([&] { return server.front().connections() == 3; }));
    for (int i = 0; i < 10; ++i) BOOST_TEST(server.get("/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_gives_way_whichever_shard_has_it) {
    running_server server([](auto& settings) {
        settings.limits.connections_max = 2;
        settings.shards = 3;
    });
    held_writer held(server.store());
    raw_client busy(server.port());
    busy.send(busy.request("POST", "/api/v1/alerts", alert_body("a"), "Content-Type: application/json\r\n"));
    BOOST_TEST(eventually([&] { return held.behind() >= 1; }));
    raw_client idle(server.port());
    BOOST_TEST(eventually([&] { return server.front().connections() == 2; }));
    for (int i = 0; i < 6; ++i) BOOST_TEST(server.get("/health/live").status == 200);
    held.release();
    BOOST_TEST(busy.receive().status == 201);
}

// The newcomer is dealt with before the shard is notified that the idle one has sent something.
BOOST_AUTO_TEST_CASE(what_an_idle_connection_has_sent_is_answered_before_it_gives_way) {
    running_server server([](auto& settings) { settings.limits.connections_max = 2; });
    server.fill_alerts(1);
    auto on_shard = std::make_shared<gate>();
    auto is_on_shard = std::make_shared<std::atomic<bool>>(false);
    slow_filter::pause = [on_shard, is_on_shard](bool) {
        if (!is_on_shard->exchange(true)) on_shard->wait();
    };
    raw_client busy(server.port());
    BOOST_TEST(busy.ask("GET", "/health/live").status == 200);
    raw_client idle(server.port());  // the newest one is looked at first
    BOOST_TEST(idle.ask("GET", "/health/live").status == 200);
    busy.send(busy.request("GET", "/api/v1/alerts/count?tag=none"));
    BOOST_TEST(eventually([&] { return is_on_shard->load(); }));
    raw_client newcomer(server.port());
    BOOST_TEST(eventually([&] { return server.front().connections() == 3; }));
    idle.send(idle.request("GET", "/health/live"));
    on_shard->open();
    BOOST_TEST(idle.receive().status == 200);
    BOOST_TEST(busy.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(an_address_has_a_quarter_of_all_connections_unless_it_is_this_host_s) {
    http::limits bounds;
    bounds.connections_max = 100;
    const auto at_most = [&](const char* address) {
        return http::per_address_max(bounds, http::peer_address::from(boost::asio::ip::make_address(address)));
    };
    BOOST_TEST(at_most("192.0.2.1") == 25u);
    BOOST_TEST(at_most("2001:db8::1") == 25u);
    BOOST_TEST(at_most("127.0.0.1") == 100u + bounds.turned_away_max);
    BOOST_TEST(at_most("::1") == 100u + bounds.turned_away_max);
    bounds.connections_max = 2;
    BOOST_TEST(at_most("192.0.2.1") == 1u);
    bounds.connections_per_address_max = 7;
    BOOST_TEST(at_most("192.0.2.1") == 7u);
    BOOST_TEST(at_most("127.0.0.1") == 7u);
}

BOOST_AUTO_TEST_CASE(with_no_idle_connection_a_newcomer_reads_a_503_though_it_is_still_sending) {
    running_server server([](auto& settings) { settings.limits.connections_max = 2; });
    held_writer held(server.store());
    auto busy = send_two_behind(held, server);
    for (int i = 0; i < 20; ++i) {
        raw_client newcomer(server.port());
        const std::string body(24'000, ' ');
        const auto text = newcomer.request("POST", "/api/v1/alerts", body, "Content-Type: application/json\r\n");
        BOOST_TEST(newcomer.send(text.substr(0, 1'000)));
        newcomer.await_bytes();  // the reply is there; a connection that was closed now would reset what follows
        BOOST_TEST(newcomer.send(text.substr(1'000, 10'000)));
        BOOST_TEST(server.front().connections() > 2);
        BOOST_TEST(newcomer.send(text.substr(11'000)));
        const auto refused = newcomer.receive();
        BOOST_TEST(refused.problem() == "overloaded");
        BOOST_TEST(refused.has("retry-after"));
        BOOST_TEST(refused.field("x-content-type-options") == "nosniff");
        BOOST_TEST(refused.field("cache-control") == "no-store");
        BOOST_TEST(newcomer.ends());
    }
    held.release();
    for (auto& each : busy) BOOST_TEST(each.receive().status == 201);
    busy.clear();
    BOOST_TEST(eventually([&] { return server.front().connections() == 0; }));
    BOOST_TEST(server.get("/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(an_address_has_a_bound_of_its_own) {
    running_server server([](auto& settings) { settings.limits.connections_per_address_max = 2; });
    raw_client first(server.port()), second(server.port());
    BOOST_TEST(first.ask("GET", "/health/live").status == 200);
    BOOST_TEST(second.ask("GET", "/health/live").status == 200);
    raw_client third(server.port());
    const auto refused = third.receive();
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.problem() == "too_many_connections");
    BOOST_TEST(refused.has("retry-after"));
    BOOST_TEST(refused.field("x-content-type-options") == "nosniff");
    BOOST_TEST(refused.field("cache-control") == "no-store");
    const auto page = first.ask("GET", "/metrics").body;
    BOOST_TEST(page.find("\ncarrel_http_turned_away_connections_total{code=\"429\"} 1\n") != std::string::npos);
    raw_client elsewhere;
    elsewhere.come_from("127.0.0.2");
    elsewhere.connect(server.port());
    BOOST_TEST(elsewhere.ask("GET", "/health/live").status == 200);
    first.close();
    third.close();
    BOOST_TEST(eventually([&] { return server.front().connections() == 2; }));
    BOOST_TEST(server.get("/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(connections_that_are_turned_away_are_counted_by_their_answer) {
    running_server server([](auto& settings) {
        settings.limits.connections_max = 2;
        settings.limits.turned_away_max = 1;
    });
    held_writer held(server.store());
    auto busy = send_two_behind(held, server);
    raw_client third(server.port());
    BOOST_TEST(third.receive().status == 503);
    raw_client beyond(server.port());  // the third one is still being turned away
    BOOST_TEST(beyond.ends());
    third.close();
    BOOST_TEST(eventually([&] { return server.front().connections() == 2; }));
    raw_client elsewhere;
    elsewhere.come_from("127.0.0.2");
    elsewhere.connect(server.port());
    BOOST_TEST(elsewhere.receive().status == 503);
    held.release();
    for (auto& each : busy) BOOST_TEST(each.receive().status == 201);
    elsewhere.close();
    BOOST_TEST(eventually([&] { return server.front().connections() == 2; }));
    const auto page = busy.front().ask("GET", "/metrics").body;
    const auto holds = [&page](std::string_view labels_and_value) {
        return page.find("\ncarrel_http_turned_away_connections_total" + std::string(labels_and_value) + "\n") !=
               std::string::npos;
    };
    BOOST_TEST(holds(R"({code="503"} 2)"));
    BOOST_TEST(holds(R"({code="429"} 0)"));
    BOOST_TEST(holds(R"({code="none"} 1)"));
}

BOOST_AUTO_TEST_CASE(a_limit_that_descriptors_cannot_meet_is_lowered_with_one_line) {
    running_server running;
    std::vector<std::string> lines;
    const few_descriptors some(512, 512);
    http::server_options settings;
    settings.port = 0;
    settings.shards = 1;
    settings.limits.connections_max = 4'096;
    settings.log = [&](log_level level, std::string_view line) {
        if (level == log_level::warning) lines.emplace_back(line);
    };
    BOOST_TEST(http::server::listen(running.store(), settings).has_value());
    BOOST_TEST(lines.size() == 1u);
    BOOST_TEST(lines.at(0).find("from 4096 to 192") != std::string::npos, lines.at(0));
}

BOOST_AUTO_TEST_CASE(a_limit_that_was_lowered_is_kept_to) {
    const few_descriptors some(512, 512);
    running_server server([](auto& settings) { settings.limits.connections_max = 4'096; });
    std::deque<raw_client> crowd;
    for (int i = 0; i < 210; ++i) crowd.emplace_back(server.port());
    // With the database's descriptors set aside there is room for 192.
    BOOST_TEST(eventually([&] { return crowd.back().ask("GET", "/health/live").status == 200; }));
    BOOST_TEST(eventually([&] { return server.front().connections() == 192; }));
    BOOST_TEST(server.get("/api/v1/alerts").status == 200);
}

BOOST_AUTO_TEST_CASE(a_shard_that_stands_still_keeps_nobody_from_the_others) {
    running_server server([](auto& settings) { settings.shards = 2; });
    server.fill_alerts(10);
    auto held = std::make_shared<gate>();
    auto is_held = std::make_shared<std::atomic<bool>>(false);
    slow_filter::pause = [held, is_held](bool) {
        if (!is_held->exchange(true)) held->wait();
    };
    raw_client blocked(server.port());
    blocked.send(blocked.request("GET", "/api/v1/alerts/count?tag=none"));
    BOOST_TEST(eventually([&] { return is_held->load(); }));
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 20; ++i) clients.emplace_back([&] { answered += server.get("/health/live").status == 200; });
    BOOST_TEST(eventually([&] { return answered >= 18; }));
    held->open();
    for (auto& each : clients) each.join();
    BOOST_TEST(answered == 20);
    BOOST_TEST(blocked.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(a_proxy_is_named_by_address) {
    running_server running;
    BOOST_TEST(
        !refusal_to_listen(running, [](auto& settings) { settings.trusted_proxies = {"proxy.example"}; }).empty());
}

BOOST_AUTO_TEST_CASE(without_descriptors_waiting_clients_are_let_go_one_by_one_without_spinning) {
    running_server server;
    raw_client known(server.port());
    BOOST_TEST(known.ask("GET", "/health/live").status == 200);
    std::deque<raw_client> crowd;
    for (int i = 0; i < 4; ++i) crowd.emplace_back();
    {
        // The clients have their descriptors; the server's accepts will find none.
        const few_descriptors none(static_cast<rlim_t>(lowest_free_descriptor()));
        const auto begun = std::chrono::steady_clock::now();
        const auto used = processor_time();
        for (auto& each : crowd) each.connect(server.port());
        for (auto& each : crowd) BOOST_TEST(each.ends());
        const auto waited = std::chrono::steady_clock::now() - begun;
        BOOST_TEST((processor_time() - used < waited / 2));
        BOOST_TEST(known.ask("GET", "/health/live").status == 200);
    }
    BOOST_TEST(server.get("/health/live").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
