#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <deque>

// What it takes to listen, and the limits of the door.
namespace carrel::testing {

namespace {

std::string refusal_to_listen(running_server& running, const running_server::tweak& change) {
    http::server_options asked;
    asked.port = 0;
    change(asked);
    auto server = http::server::listen(running.store(), asked);
    return server ? "" : server.error().message();
}

// Lowers the soft limit of open files while it lives.
class few_descriptors {
public:
    explicit few_descriptors(rlim_t many) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit low = before_;
        low.rlim_cur = many;
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

}  // namespace

BOOST_AUTO_TEST_SUITE(listening)

BOOST_AUTO_TEST_CASE(port_zero_picks_a_free_one_and_tells_it) {
    running_server one, two;
    BOOST_TEST(one.port() != 0);
    BOOST_TEST(one.port() != two.port());
    BOOST_TEST(one.front().url() == "http://127.0.0.1:" + std::to_string(one.port()));
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_told_in_one_line) {
    running_server running;
    const auto why = refusal_to_listen(running, [&](auto& asked) { asked.port = running.port(); });
    BOOST_TEST(why.find("cannot listen on 127.0.0.1:" + std::to_string(running.port())) != std::string::npos);
    BOOST_TEST(why.find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
    running_server running;
    BOOST_TEST(refusal_to_listen(running, [](auto& asked) { asked.address = "localhost"; }).find("localhost") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_loopback_is_served_without_authentication) {
    running_server running;
    BOOST_TEST(!refusal_to_listen(running, [](auto& asked) { asked.address = "0.0.0.0"; }).empty());
    BOOST_TEST(refusal_to_listen(running, [](auto& asked) {
                   asked.address = "0.0.0.0";
                   asked.insecure = true;
               }).empty());
    BOOST_TEST(refusal_to_listen(running, [](auto& asked) { asked.address = "127.0.0.2"; }).empty());
}

BOOST_AUTO_TEST_CASE(more_shards_than_readers_are_refused) {
    temp_directory directory;
    options settings;
    settings.path = directory.file("few.db");
    settings.readers_max = 2;
    auto store = database::open(settings).value();
    http::server_options asked;
    asked.port = 0;
    asked.shards = 8;
    auto server = http::server::listen(store, asked).value();
    BOOST_TEST(!server.run().has_value());
}

BOOST_AUTO_TEST_CASE(a_connection_beyond_the_limit_is_told_so) {
    running_server server([](auto& asked) { asked.limits.connections_max = 2; });
    raw_client first(server.port()), second(server.port());
    BOOST_TEST(first.ask("GET", "/health/live").status == 200);
    BOOST_TEST(second.ask("GET", "/health/live").status == 200);
    raw_client third(server.port());
    const auto refused = third.receive();
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.problem() == "overloaded");
    BOOST_TEST(refused.has("retry-after"));
    first.close();
    BOOST_TEST(eventually([&] { return server.front().connections() == 1; }));
    BOOST_TEST(server.get("/health/live").status == 200);
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
