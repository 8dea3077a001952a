#include "fixture.hpp"

#include "http/net/bound_socket.hpp"
#include "support/loopback.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// Sockets that somebody else has bound.
namespace carrel::testing {

namespace {

struct passed {
    int descriptor = -1;
    std::uint16_t port = 0;
};

// As a service manager would make it: it blocks, and programs that are started inherit it.
passed a_listening_socket(const char* address, int backlog = 16) {
    auto made = http::bound_socket::open(address, 0).value();
    const auto port = made.endpoint().port();
    const int descriptor = made.release();
    ::listen(descriptor, backlog);
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
    ::fcntl(descriptor, F_SETFD, 0);
    return {descriptor, port};
}

std::string why_refused(int descriptor) {
    auto taken = http::bound_socket::take(descriptor);
    return taken ? "" : taken.error().message();
}

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

}  // namespace

BOOST_AUTO_TEST_SUITE(passed_sockets)

BOOST_AUTO_TEST_CASE(all_of_them_are_answered_on_and_their_ports_are_known_hosts) {
    const passed one = a_listening_socket("127.0.0.1"), other = a_listening_socket("127.0.0.1"),
                 six = a_listening_socket(has_ipv6() ? "::1" : "127.0.0.1");
    running_server server([&](auto& settings) {
        settings.sockets = {one.descriptor, other.descriptor, six.descriptor};
        settings.shards = 2;
    });
    BOOST_TEST(server.port() == one.port);
    BOOST_TEST(server.front().urls().size() == 3u);
    BOOST_TEST(server.front().urls().back().ends_with((has_ipv6() ? "://[::1]:" : "://127.0.0.1:") +
                                                      std::to_string(six.port)));
    for (const auto port : {one.port, other.port})
        for (int i = 0; i < 3; ++i) BOOST_TEST(raw_client(port).ask("GET", "/health/live").status == 200);
    // A client of any of them names its port. Whether that client is known is not tested before.
    const auto status_for = [&](std::uint16_t named) {
        raw_client client(server.port());
        client.send("GET /api/v1/alerts/count HTTP/1.1\r\nHost: localhost:" + std::to_string(named) + "\r\n\r\n");
        return client.receive().status;
    };
    for (const auto port : {one.port, other.port, six.port}) BOOST_TEST(status_for(port) != 421);
    BOOST_TEST(status_for(1) == 421);
}

BOOST_AUTO_TEST_CASE(what_is_no_tcp_socket_that_listens_is_refused_and_closed) {
    const int datagrams = ::socket(AF_INET, SOCK_DGRAM, 0), silent = ::socket(AF_INET, SOCK_STREAM, 0),
              local = ::socket(AF_UNIX, SOCK_STREAM, 0), file = ::open("/dev/null", O_RDONLY);
    for (const int each : {datagrams, silent, local, file}) {
        BOOST_TEST(why_refused(each).find("descriptor " + std::to_string(each)) != std::string::npos);
        BOOST_TEST(!is_open(each));
    }
    BOOST_TEST(!why_refused(datagrams).empty());  // a descriptor that is not open
}

BOOST_AUTO_TEST_CASE(one_that_is_refused_leaves_none_open) {
    running_server running;
    const passed good = a_listening_socket("127.0.0.1");
    const int bad = ::open("/dev/null", O_RDONLY);
    auto settings = running_server::another_servers_options();
    settings.sockets = {good.descriptor, bad};
    BOOST_TEST(!http::server::listen(running.store(), settings).has_value());
    BOOST_TEST(!is_open(good.descriptor));
}

BOOST_AUTO_TEST_CASE(a_public_one_needs_what_any_public_address_needs) {
    running_server running;
    auto settings = running_server::another_servers_options();
    settings.sockets = {a_listening_socket("0.0.0.0").descriptor};
    auto refused = http::server::listen(running.store(), settings);
    BOOST_TEST(!refused.has_value());
    BOOST_TEST(refused.error().message().find("0.0.0.0") != std::string::npos);
    settings.sockets = {a_listening_socket("0.0.0.0").descriptor};
    settings.insecure = true;
    BOOST_TEST(http::server::listen(running.store(), settings).has_value());
}

BOOST_AUTO_TEST_CASE(a_client_that_connects_between_two_servers_waits_for_the_second) {
    std::vector<int> kept;
    std::uint16_t port = 0;
    {
        running_server first;
        port = first.port();
        kept = first.front().duplicate_sockets();
        BOOST_TEST(kept.size() == 1u);
        BOOST_TEST(first.front().stop(std::chrono::seconds(10)));
    }
    raw_client between(port);
    running_server second([&](auto& settings) { settings.sockets = kept; });
    BOOST_TEST(second.port() == port);
    BOOST_TEST(between.ask("GET", "/health/live").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
