#include "tls_client.hpp"

#include "http/net/tls_ticket_keys.hpp"

#include <boost/test/unit_test.hpp>

// Sessions that are resumed by tickets.
namespace carrel::testing {

namespace {

using session = std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)>;

tls_wish wish_for(int version, SSL_SESSION* resumed = nullptr) {
    return {.version_min = version, .version_max = version, .session = resumed};
}

// The ticket that a connection gets; with 1.3 it comes behind the handshake.
session ticket_of(std::uint16_t port, int version, const tls_identity* identity = nullptr) {
    session made(nullptr, SSL_SESSION_free);
    auto wanted = wish_for(version);
    wanted.identity = identity;
    wanted.on_ticket = [&](SSL_SESSION* given) { made.reset(given); };
    tls_client client(port, wanted);
    BOOST_TEST(client.failure_of_request() == "");
    return made;
}

bool is_resumed(std::uint16_t port, int version, SSL_SESSION* ticket, const tls_identity* identity = nullptr) {
    auto wanted = wish_for(version, ticket);
    wanted.identity = identity;
    tls_client client(port, wanted);
    BOOST_TEST(client.failure_of_request() == "");
    return SSL_session_reused(client.native()) == 1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_tickets)

BOOST_AUTO_TEST_CASE(a_ticket_resumes_its_session_on_every_shard_and_after_a_reload) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_running_server server([](auto& settings) { settings.shards = 2; });
        const auto ticket = ticket_of(server->port(), version);
        BOOST_REQUIRE(ticket);
        BOOST_TEST(SSL_SESSION_get_max_early_data(ticket.get()) == 0u);
        for (int i = 0; i < 4; ++i) BOOST_TEST(is_resumed(server->port(), version, ticket.get()));
        BOOST_REQUIRE(server.acceptor().reload());
        BOOST_TEST(is_resumed(server->port(), version, ticket.get()));
        BOOST_TEST(server.counts().resumed == 5u);
    }
}

BOOST_AUTO_TEST_CASE(another_server_s_ticket_is_of_no_use) {
    tls_running_server server, other;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto ticket = ticket_of(other->port(), version);
        BOOST_TEST(!is_resumed(server->port(), version, ticket.get()));
    }
}

BOOST_AUTO_TEST_CASE(a_ticket_counts_only_while_the_same_issuers_of_clients_are_trusted) {
    const tls_identity first({.common_name = "first", .names = {}, .is_ca = true});
    const tls_identity second({.common_name = "second", .names = {}, .is_ca = true});
    const tls_identity client({.common_name = "c", .names = {}, .issuer = &first});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_files clients;
        first.write_certificate(clients.client_ca());
        tls_running_server server({}, [&](auto& options) { options.client_ca_file = clients.client_ca(); });
        const auto ticket = ticket_of(server->port(), version, &client);
        BOOST_TEST(is_resumed(server->port(), version, ticket.get(), &client));
        second.write_certificate(clients.client_ca());
        BOOST_REQUIRE(server.acceptor().reload());
        // Anew, the certificate is requested again and refused.
        auto wanted = wish_for(version, ticket.get());
        wanted.identity = &client;
        BOOST_TEST(tls_client(server->port(), wanted).failure_of_request() == "unknown CA");
        BOOST_TEST(!is_resumed(server->port(), version, ticket.get()));
    }
}

BOOST_AUTO_TEST_CASE(keys_are_replaced_and_the_last_ones_kept_for_a_while) {
    auto now = std::chrono::steady_clock::now();
    http::tls_ticket_keys keys([&now] { return now; });
    const auto files = tls_files();
    const auto context = http::make_ssl_context(files.options(), keys, false).value();
    const auto connect = [&](SSL_SESSION* ticket, session* next) {
        tls_memory_client client;
        const std::unique_ptr<SSL, void (*)(SSL*)> server(SSL_new(context.get()), SSL_free);
        SSL_set_bio(server.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(server.get());
        if (ticket != nullptr) SSL_set_session(client.native(), ticket);
        for (int i = 0; i < 4; ++i) {
            client.step();
            const auto out = client.taken();
            BIO_write(SSL_get_rbio(server.get()), out.data(), static_cast<int>(out.size()));
            SSL_do_handshake(server.get());
            std::string back(BIO_ctrl_pending(SSL_get_wbio(server.get())), '\0');
            BIO_read(SSL_get_wbio(server.get()), back.data(), static_cast<int>(back.size()));
            client.give(back);
            client.opened();
        }
        if (next != nullptr) next->reset(SSL_get1_session(client.native()));
        return SSL_session_reused(server.get()) == 1;
    };
    session ticket(nullptr, SSL_SESSION_free), renewed(nullptr, SSL_SESSION_free);
    BOOST_TEST(!connect(nullptr, &ticket));
    BOOST_TEST(connect(ticket.get(), nullptr));
    now += http::tls_ticket_keys::rotation;
    BOOST_TEST(connect(ticket.get(), &renewed));  // by the key before; the ticket that comes is by the new one
    now += http::session_lifetime;
    BOOST_TEST(!connect(ticket.get(), nullptr));
    BOOST_TEST(connect(renewed.get(), nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
