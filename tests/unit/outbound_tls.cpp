// TLS: whose certificate is accepted, and for which name.
#include "outbound/fetch.hpp"
#include "support/certificate.hpp"
#include "support/outbound_server.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/test/unit_test.hpp>

using namespace carrel;
using namespace carrel::testing;
using boost::asio::ip::tcp;
using outbound::fetch;
using outbound::policy;
namespace ssl = boost::asio::ssl;

namespace {

// Answers over TLS; keeps the name that the client said it wants (SNI) and the last request's headers.
class tls_server {
public:
    explicit tls_server(const certificate& mine, std::string answer = reply("200 OK", "", "safe"),
                        bool ends_well = true)
        : answer_(std::move(answer)),
          ends_well_(ends_well),
          server_([this, &mine](tcp::socket& socket) { serve(mine, socket); }) {}

    std::string port() const { return server_.port(); }
    std::string wanted() const {
        const std::lock_guard lock(guard_);
        return wanted_;
    }

private:
    void serve(const certificate& mine, tcp::socket& socket) {
        ssl::context context(ssl::context::tls_server);
        context.use_certificate_chain_file(mine.path());
        context.use_private_key_file(mine.key_path(), ssl::context::pem);
        ssl::stream<tcp::socket&> stream(socket, context);
        boost::system::error_code ec;
        stream.handshake(ssl::stream_base::server, ec);
        if (ec) return;
        {
            const std::lock_guard lock(guard_);
            const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
            wanted_ = name == nullptr ? "" : name;
        }
        read_head(stream);
        send_text(stream, answer_);
        if (ends_well_) stream.shutdown(ec);
    }

    std::string answer_;
    bool ends_well_;
    mutable std::mutex guard_;
    std::string wanted_;
    outbound_server server_;
};

policy trusting(const certificate& whom) {
    auto rules = local_policy();
    rules.ca_file = whom.path();
    rules.look_up = [](const std::string&) -> base::outcome<outbound::addresses> {
        return outbound::addresses{boost::asio::ip::address_v4::loopback()};
    };
    return rules;
}

std::string result_of(const std::string& url, const policy& rules) {
    const auto answer = fetch({"GET", url}, rules);
    return answer ? answer->body : answer.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outbound_tls)

BOOST_AUTO_TEST_CASE(a_certificate_that_is_trusted_and_for_the_name_is_accepted) {
    const certificate mine("DNS:feed.test,DNS:*.wild.test,IP:127.0.0.1");
    tls_server server(mine);
    BOOST_TEST(result_of("https://feed.test:" + server.port() + "/", trusting(mine)) == "safe");
    BOOST_TEST(server.wanted() == "feed.test");
    BOOST_TEST(result_of("https://FEED.test.:" + server.port() + "/", trusting(mine)) == "safe");
    BOOST_TEST(result_of("https://a.wild.test:" + server.port() + "/", trusting(mine)) == "safe");
    auto rules = trusting(mine);
    rules.look_up = nullptr;
    BOOST_TEST(result_of("https://127.0.0.1:" + server.port() + "/", rules) == "safe");
    BOOST_TEST(server.wanted() == "");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_nobody_vouches_for_is_refused) {
    const certificate mine("DNS:feed.test");
    tls_server server(mine);
    auto rules = trusting(mine);
    rules.ca_file.clear();
    const auto fault = result_of("https://feed.test:" + server.port() + "/", rules);
    BOOST_TEST(fault.starts_with("the certificate of https://feed.test:" + server.port() + " is not accepted: self"),
               fault);
    BOOST_TEST(server.wanted() == "");  // no request was sent
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused) {
    const certificate mine("DNS:feed.test");
    tls_server server(mine);
    const auto base = "the certificate of https://";
    BOOST_TEST(result_of("https://other.test:" + server.port() + "/", trusting(mine)) ==
               base + ("other.test:" + server.port()) + " is not accepted: hostname mismatch");
    auto rules = trusting(mine);
    rules.look_up = nullptr;
    BOOST_TEST(result_of("https://127.0.0.1:" + server.port() + "/", rules) ==
               base + ("127.0.0.1:" + server.port()) + " is not accepted: IP address mismatch");
}

BOOST_AUTO_TEST_CASE(a_certificate_of_the_past_is_refused) {
    const certificate mine("DNS:feed.test", -3600);
    tls_server server(mine);
    const auto fault = result_of("https://feed.test:" + server.port() + "/", trusting(mine));
    BOOST_TEST(fault.find("expired") != fault.npos, fault);
}

BOOST_AUTO_TEST_CASE(a_redirect_from_https_to_http_is_refused) {
    const certificate mine("DNS:feed.test");
    tls_server server(mine, reply("302 Found", "Location: http://feed.test/\r\n", ""));
    BOOST_TEST(result_of("https://feed.test:" + server.port() + "/", trusting(mine)) ==
               "the redirect of https://feed.test:" + server.port() + " is refused: it leads from https to http");
}

BOOST_AUTO_TEST_CASE(a_body_whose_end_nobody_signed_is_refused) {
    const certificate mine("DNS:feed.test");
    tls_server well(mine, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
    BOOST_TEST(result_of("https://feed.test:" + well.port() + "/", trusting(mine)) == "until the end");
    tls_server cut(mine, "HTTP/1.1 200 OK\r\n\r\nuntil the end", false);
    BOOST_TEST(result_of("https://feed.test:" + cut.port() + "/", trusting(mine)) ==
               "https://feed.test:" + cut.port() + " closed the connection before its answer was whole");
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_speak_tls_is_a_failure) {
    const certificate mine("DNS:feed.test");
    outbound_server plain([](tcp::socket& socket) {
        send_text(socket, "HTTP/1.1 400 Bad\r\n\r\n");
        wait_for_end(socket);
    });
    const auto fault = result_of("https://feed.test:" + plain.port() + "/", trusting(mine));
    BOOST_TEST(fault.find("failed while agreeing on TLS") != fault.npos, fault);
    outbound_server silent([](tcp::socket& socket) { wait_for_end(socket); });
    auto rules = trusting(mine);
    rules.deadline = std::chrono::seconds(1);
    const auto late = result_of("https://feed.test:" + silent.port() + "/", rules);
    BOOST_TEST(late.ends_with("the time was over while agreeing on TLS"), late);
    rules.ca_file = "/nonexistent";
    BOOST_TEST(result_of("https://feed.test:" + silent.port() + "/", rules)
                   .starts_with("the file of certificates cannot be read"));
}

BOOST_AUTO_TEST_SUITE_END()
