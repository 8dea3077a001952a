#include "tls_client.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>

// What a handshake settles, and what becomes of those that come to no end.
namespace carrel::testing {

namespace {

using namespace std::chrono_literals;

std::string chosen_protocol(tls_client& client) {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(client.native(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_handshakes)

BOOST_AUTO_TEST_CASE(both_versions_are_spoken_and_answer) {
    tls_running_server server;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_client client(server->port(), {.version_min = version, .version_max = version});
        BOOST_TEST(client.failure() == "");
        BOOST_TEST(SSL_version(client.native()) == version);
        BOOST_TEST(client.ask("GET", "/health/live").status == 200);
        BOOST_TEST(client.ask("GET", "/health/live").status == 200);
    }
    BOOST_TEST(server->front().url() == "https://127.0.0.1:" + std::to_string(server->port()));
    BOOST_TEST(server.counts().completed == 2u);
}

BOOST_AUTO_TEST_CASE(older_versions_are_refused) {
    tls_running_server server;
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        tls_client client(server->port(), {.version_min = version, .version_max = version});
        BOOST_TEST(client.failure() == "protocol version");
    }
    BOOST_TEST(eventually([&] { return server.counts().failed == 2u; }));
}

BOOST_AUTO_TEST_CASE(the_least_version_is_a_setting) {
    tls_running_server server({}, [](auto& options) { options.version_min = http::tls_version::tls_1_3; });
    tls_client old(server->port(), {.version_max = TLS1_2_VERSION});
    BOOST_TEST(old.failure() == "protocol version");
    tls_client client(server->port());
    BOOST_TEST(client.ask("GET", "/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(ciphers_without_forward_secrecy_or_authentication_of_records_are_refused) {
    tls_running_server server;
    for (const auto* ciphers : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256",
                                "ECDHE-ECDSA-AES256-SHA384", "aNULL", "eNULL", "DHE-RSA-AES128-GCM-SHA256"}) {
        tls_client client(server->port(), {.version_max = TLS1_2_VERSION, .ciphers = ciphers});
        BOOST_TEST(client.failure() != "", ciphers);
    }
    tls_client client(server->port(),
                      {.version_max = TLS1_2_VERSION, .ciphers = "AES128-SHA:ECDHE-ECDSA-AES256-GCM-SHA384"});
    BOOST_TEST(SSL_get_cipher_name(client.native()) == std::string("ECDHE-ECDSA-AES256-GCM-SHA384"));
}

BOOST_AUTO_TEST_CASE(a_key_of_rsa_is_served_too) {
    tls_running_server server;
    server.files.write(tls_identity({.is_rsa = true}));
    BOOST_REQUIRE(server.acceptor().reload());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_client client(server->port(), {.version_min = version, .version_max = version});
        BOOST_TEST(client.failure_of_request() == "");
    }
}

BOOST_AUTO_TEST_CASE(the_protocol_is_http_1_1_or_none) {
    tls_running_server server;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto with = [&](const std::string& alpn) {
            return tls_wish{.version_min = version, .version_max = version, .alpn = alpn};
        };
        tls_client silent(server->port(), with(""));
        BOOST_TEST(chosen_protocol(silent) == "");
        BOOST_TEST(silent.failure_of_request() == "");
        tls_client both(server->port(), with(alpn_h2 + alpn_http11));
        BOOST_TEST(chosen_protocol(both) == "http/1.1");
        BOOST_TEST(both.failure_of_request() == "");
        tls_client other(server->port(), with(alpn_h2));
        BOOST_TEST(other.failure() == "no application protocol");
    }
}

BOOST_AUTO_TEST_CASE(http_without_tls_is_told_so) {
    tls_running_server server;
    for (const std::string_view method : {"GET", "POST", "DELETE", "OPTIONS", "PATCH", "HEAD"}) {
        tcp_client client(server->port());
        client.send(client.request(method, "/api/v1/alerts"));
        const auto reply = client.receive();
        BOOST_TEST(reply.status == 400, method);
        BOOST_TEST(reply.text("/detail").find("https://") != std::string::npos);
        BOOST_TEST(reply.field("connection") == "close");
        BOOST_TEST(client.ends());
    }
    BOOST_TEST(server.counts().plain == 6u);
}

BOOST_AUTO_TEST_CASE(what_is_neither_is_let_go) {
    tls_running_server server;
    for (const std::string& bytes : {std::string("\x16\x03\x01\xff\xff", 5), std::string("\x80\x2e\x01\x03\x01", 5),
                                     std::string(100, '\0'), std::string("\x16\x03\x03\x00\x02\x02\x00", 7)}) {
        tcp_client client(server->port());
        client.send(bytes);
        client.half_close();
        client.receive_all();
    }
    BOOST_TEST(eventually([&] { return server->front().connections() == 0; }));
    BOOST_TEST(server.counts().failed == 4u);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_stalls_is_ended) {
    tls_running_server server([](auto& settings) { settings.limits.head_time_max = 500ms; });
    const auto hello = tls_memory_client().hello();
    tcp_client silent(server->port()), half(server->port()), unfinished(server->port());
    half.send(hello.substr(0, hello.size() / 2));
    unfinished.send(hello);
    unfinished.await_bytes();  // the server's flight, which is not answered
    BOOST_TEST(silent.ends());
    BOOST_TEST(half.ends());
    unfinished.receive_all();
    BOOST_TEST(eventually([&] { return server->front().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_handshake_that_drips_is_ended) {
    tls_running_server server([](auto& settings) {
        settings.limits.head_time_max = 100ms;
        settings.limits.linger_time_max = 100ms;
    });
    tcp_client client(server->port());
    client.send(std::string("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", 9));
    // Every byte is progress of a kind; the limit is for the whole handshake.
    BOOST_TEST(eventually([&] { return !client.send("x") || server->front().connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_cut_off_leaves_nothing) {
    tls_running_server server;
    const auto hello = tls_memory_client().hello();
    for (std::size_t size = 0; size <= hello.size(); size += 1 + hello.size() / 16) {
        tcp_client client(server->port());
        client.send(hello.substr(0, size));
        client.half_close();
        client.receive_all();
    }
    BOOST_TEST(eventually([&] { return server->front().connections() == 0; }));
    BOOST_TEST(server.counts().completed == 0u);
}

BOOST_AUTO_TEST_CASE(a_handshake_comes_in_pieces_of_any_size) {
    tls_running_server server;
    for (const std::size_t piece : {1u, 3u, 100u}) {
        tcp_client client(server->port());
        tls_memory_client offline;
        const auto send = [&](std::string bytes) {
            for (; !bytes.empty(); bytes.erase(0, piece)) client.send(bytes.substr(0, piece));
        };
        send(offline.hello());
        const auto read_some = [&] {
            std::string bytes(1u << 16, '\0');
            bytes.resize(static_cast<std::size_t>(
                std::max<ssize_t>(0, ::recv(client.descriptor(), bytes.data(), bytes.size(), 0))));
            offline.give(bytes);
            return !bytes.empty();
        };
        while (!offline.step()) BOOST_REQUIRE(read_some());
        send(offline.taken() + offline.sealed(client.request("GET", "/health/live")));
        std::string answer;
        while (answer.empty()) {
            BOOST_REQUIRE(read_some());
            answer = offline.opened();
        }
        BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
    }
}

BOOST_AUTO_TEST_CASE(a_renegotiation_is_refused) {
    tls_running_server server;
    tls_client client(server->port(), {.version_max = TLS1_2_VERSION});
    BOOST_REQUIRE(client.failure_of_request() == "");
    SSL_renegotiate(client.native());
    BOOST_TEST(client.link().shake_hands() == "no renegotiation");
    BOOST_TEST(server.counts().completed == 1u);
    BOOST_TEST(tls_client(server->port()).failure_of_request() == "");
}

// A shard that stands still at the beginning of a turn, while a test prepares what the turn finds.
class held_turn {
public:
    siem::timestamp now() {
        if (wanted_.exchange(false)) {
            entered_.open();
            released_.wait();
        }
        return 1'800'000'000'000'000;
    }
    void hold(const std::function<void()>& cause_a_turn) {
        wanted_ = true;
        cause_a_turn();
        entered_.wait();
    }
    void release() { released_.open(); }

private:
    std::atomic<bool> wanted_{false};
    gate entered_, released_;
};

std::size_t count_answered(const std::deque<tcp_client>& crowd) {
    return static_cast<std::size_t>(std::count_if(crowd.begin(), crowd.end(), [](const auto& each) {
        pollfd seen{each.descriptor(), POLLIN, 0};
        return ::poll(&seen, 1, 0) == 1;
    }));
}

// One turn finds hellos, and a read behind them: how many of the hellos are answered when the read runs.
std::size_t answered_before_a_read(std::size_t steps_a_turn) {
    constexpr std::size_t hellos = 100;
    held_turn turn;
    tls_running_server server([&](auto& settings) {
        settings.limits.handshake_steps_a_turn = steps_a_turn;
        settings.clock = [&turn] { return turn.now(); };
    });
    server->fill_alerts(1);
    tls_client reader(server->port());
    std::deque<tcp_client> crowd;
    while (crowd.size() < hellos) crowd.emplace_back(server->port());
    BOOST_REQUIRE(eventually([&] { return server->front().connections() == hellos + 1; }));
    BOOST_TEST(reader.ask("GET", "/health/live").status == 200);  // so they are all known to the shard
    constexpr std::size_t not_read = hellos + 1;
    std::atomic<std::size_t> answered{not_read};
    // The first time, that is: a read that takes too long for a shard begins anew in the background.
    slow_filter::pause = [&](bool) {
        if (answered == not_read) answered = count_answered(crowd);
    };
    turn.hold([&] { crowd.front().send(tls_memory_client().hello()); });
    for (std::size_t i = 1; i < hellos; ++i) crowd[i].send(tls_memory_client().hello());
    reader.send(reader.request("GET", "/api/v1/alerts?tag=x"));
    turn.release();
    BOOST_TEST(reader.receive().status == 200);
    return answered;
}

BOOST_AUTO_TEST_CASE(a_flood_of_handshakes_does_not_hold_up_a_read) {
    BOOST_TEST(answered_before_a_read(http::limits().handshake_steps_a_turn) < 25u);
    BOOST_TEST(answered_before_a_read(1'000'000) >= 75u);  // what the bound is for
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
