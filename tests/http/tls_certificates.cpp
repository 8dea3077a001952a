#include "tls_client.hpp"

#include "http/net/client_certificate.hpp"
#include "http/net/peer_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <ctime>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

// Certificates and keys: the server's, and what is known of a client by its own.
namespace carrel::testing {

namespace {

std::string refusal_to_open(const http::tls_options& options) {
    auto opened = http::tls_acceptor::open(options);
    return opened ? "" : opened.error().message();
}

// The certificate that a new connection is shown.
std::string common_name_at(std::uint16_t port) {
    tls_client client(port);
    auto* shown = SSL_get1_peer_certificate(client.native());
    char name[64] = "";
    if (shown != nullptr) X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name, sizeof name);
    X509_free(shown);
    return name;
}

// What the server's side of a stream knows of a client that shows this.
std::shared_ptr<const http::client_certificate> certificate_seen(http::tls_acceptor& acceptor,
                                                                 const tls_identity* identity) {
    int pair[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
    http::peer_stream server(pair[0], &acceptor);
    std::thread client([&] {
        tls_link link(pair[1], {.identity = identity});
        link.shake_hands();
        char byte = 0;
        link.receive(&byte, 1);  // until the server goes
        ::close(pair[1]);
    });
    auto outcome = http::handshake::unfinished;
    while (outcome == http::handshake::unfinished) {
        pollfd waits{pair[0], POLLIN, 0};
        ::poll(&waits, 1, 20'000);
        server.note(EPOLLIN);
        outcome = server.step_handshake();
    }
    auto seen = server.certificate();
    server.close();
    client.join();
    return outcome == http::handshake::done ? seen : nullptr;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_certificates)

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used_are_named_in_one_line) {
    const tls_files files;
    const tls_identity other;
    temp_directory directory;
    other.write_key(directory.file("other.key"));
    tls_identity({.is_rsa = true}).write_key(directory.file("rsa.key"));
    std::ofstream(directory.file("garbage")) << "-----BEGIN CERTIFICATE-----\nx\n";
    std::ofstream(directory.file("empty"));
    std::FILE* encrypted = std::fopen(directory.file("encrypted.key").c_str(), "w");
    PEM_write_PKCS8PrivateKey(encrypted, other.key(), EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
    std::fclose(encrypted);

    const auto with = [&](const std::string& certificate, const std::string& key, const std::string& ca = {}) {
        return refusal_to_open({certificate, key, ca, http::tls_version::tls_1_2});
    };
    BOOST_TEST(with(files.certificate(), files.key()) == "");
    const std::vector<std::pair<std::string, std::string>> wrong{
        {with(files.certificate(), directory.file("other.key")), "other.key is not the key of"},
        {with(files.certificate(), directory.file("rsa.key")), "rsa.key is not the key of"},
        {with(files.certificate(), directory.file("none")), "none: No such file"},
        {with(directory.file("none"), files.key()), "none: No such file"},
        {with(files.certificate(), directory.file("encrypted.key")), "encrypted.key has no private key"},
        {with(files.certificate(), directory.file("empty")), "empty has no private key"},
        {with(directory.file("garbage"), files.key()), "garbage has no certificate"},
        {with(files.key(), files.key()), "server.key has no certificate"},
        {with(files.certificate(), files.key(), directory.file("empty")), "empty has no certificate"},
        {with(files.certificate(), files.key(), directory.file("other.key")), "other.key has no certificate"}};
    for (const auto& [message, part] : wrong) {
        BOOST_TEST(message.find(part) != std::string::npos, message);
        BOOST_TEST(message.find('\n') == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_reload_is_for_new_connections_and_a_broken_one_for_none) {
    tls_running_server server;
    tls_client before(server->port());
    BOOST_TEST(before.ask("GET", "/health/live").status == 200);
    server.files.write(tls_identity({.common_name = "second"}));
    BOOST_TEST(common_name_at(server->port()) == "localhost");  // not before it is requested
    BOOST_REQUIRE(server.acceptor().reload());
    BOOST_TEST(common_name_at(server->port()) == "second");
    tls_identity({.common_name = "third"}).write_certificate(server.files.certificate());  // without its key
    BOOST_TEST(!server.acceptor().reload());
    BOOST_TEST(common_name_at(server->port()) == "second");
    std::ofstream(server.files.certificate()) << "broken";
    BOOST_TEST(!server.acceptor().reload());
    BOOST_TEST(common_name_at(server->port()) == "second");
    BOOST_TEST(before.ask("GET", "/health/live").status == 200);
}

BOOST_AUTO_TEST_CASE(the_time_that_a_certificate_has_left_is_known) {
    for (const long seconds : {-3'600L, 86'400L * 30}) {
        const tls_files files{tls_identity({.starts_s = -7'200, .ends_s = seconds})};
        const auto left = open_acceptor(files.options())->certificate_time_left().count();
        BOOST_TEST(std::abs(left - seconds) < 60);
    }
}

BOOST_AUTO_TEST_CASE(the_page_of_metrics_has_the_end_of_the_certificate_in_use) {
    const auto end_at = [](tls_running_server& server) {
        const std::string name = "\ncarrel_tls_certificate_end_timestamp_seconds ";
        tls_client client(server->port());
        const auto page = client.ask("GET", "/metrics").body;
        const auto found = page.find(name);
        BOOST_REQUIRE(found != page.npos);
        return std::stod(page.substr(found + name.size()));
    };
    constexpr long day = 86'400;
    tls_running_server server;
    for (const long seconds : {30 * day, 40'000 * day, -3'600L}) {  // beyond 32 bits of seconds, too
        server.files.write(tls_identity({.starts_s = -7'200, .ends_s = seconds}));
        BOOST_REQUIRE(server.acceptor().reload());
        BOOST_TEST(std::abs(end_at(server) - static_cast<double>(std::time(nullptr) + seconds)) < 60);
    }
}

BOOST_AUTO_TEST_CASE(a_client_s_certificate_is_verified_if_there_is_one) {
    const tls_identity ca({.common_name = "issuer", .names = {}, .is_ca = true});
    const tls_identity foreign_ca({.common_name = "issuer", .names = {}, .is_ca = true});
    const tls_identity good({.common_name = "c", .names = {}, .issuer = &ca});
    const tls_identity foreign({.common_name = "c", .names = {}, .issuer = &foreign_ca});
    const tls_identity expired({.common_name = "c", .names = {}, .issuer = &ca, .starts_s = -20, .ends_s = -10});
    const tls_identity own({.common_name = "c", .names = {}});
    tls_files clients;
    ca.write_certificate(clients.client_ca());
    tls_running_server server({}, [&](auto& options) { options.client_ca_file = clients.client_ca(); });
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto failure_with = [&](const tls_identity* shown) {
            return tls_client(server->port(), {.version_min = version, .version_max = version, .identity = shown})
                .failure_of_request();
        };
        BOOST_TEST(failure_with(nullptr) == "");
        BOOST_TEST(failure_with(&good) == "");
        BOOST_TEST(failure_with(&foreign) != "");
        BOOST_TEST(failure_with(&own) == "unknown CA");
        BOOST_TEST(failure_with(&expired) == "certificate expired");
    }
}

BOOST_AUTO_TEST_CASE(what_a_verified_certificate_says_is_known) {
    const tls_identity ca({.common_name = "issuer", .names = {}, .is_ca = true});
    const tls_identity client(
        {.common_name = "J\xc3\xbcrgen",
         .names = "email:j@siem.example,URI:spiffe://siem/agent,DNS:not.told,email:k@siem.example",
         .issuer = &ca});
    tls_files files;
    ca.write_certificate(files.client_ca());
    auto options = files.options();
    options.client_ca_file = files.client_ca();
    const auto acceptor = open_acceptor(options);
    const auto seen = certificate_seen(*acceptor, &client);
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->common_name == "J\xc3\xbcrgen");
    BOOST_TEST(seen->emails == (std::vector<std::string>{"j@siem.example", "k@siem.example"}),
               boost::test_tools::per_element());
    BOOST_TEST(seen->uris == std::vector<std::string>{"spiffe://siem/agent"}, boost::test_tools::per_element());
    unsigned char digest[32];
    X509_digest(client.certificate(), EVP_sha256(), digest, nullptr);
    std::string expected;
    for (const auto byte : digest) {
        char text[3];
        std::snprintf(text, sizeof text, "%02x", byte);
        expected += text;
    }
    BOOST_TEST(seen->sha256 == expected);
    BOOST_TEST(!certificate_seen(*acceptor, nullptr));
    BOOST_TEST(!certificate_seen(*open_acceptor(files.options()), &client));  // who asks for none gets none
}

BOOST_AUTO_TEST_CASE(a_certificate_whose_time_is_over_says_nothing) {
    const tls_identity expired({.starts_s = -20, .ends_s = -10});
    BOOST_TEST(!http::read_client_certificate(*expired.certificate()));
    const tls_identity now;
    BOOST_TEST(http::read_client_certificate(*now.certificate())->common_name == "localhost");
}

BOOST_AUTO_TEST_CASE(a_name_that_could_be_read_as_another_is_none) {
    for (const std::string& name : {std::string("root\0x", 6), std::string("a\nb"), std::string("a\x7f")}) {
        const tls_identity made({.common_name = name, .names = {}});
        BOOST_TEST(http::read_client_certificate(*made.certificate())->common_name == "");
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
