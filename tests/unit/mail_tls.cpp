// E-mail over TLS: whose certificate is accepted, and that nothing is said before it is.
#include "background/action_sender.hpp"
#include "support/certificate.hpp"
#include "support/outbound_server.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

using namespace carrel;
using namespace carrel::testing;
using boost::asio::ip::tcp;
namespace ssl = boost::asio::ssl;

namespace {

// A mail server that speaks TLS from the first byte, or after STARTTLS. It keeps the lines of its client, those in clear text apart.
class mail_server {
public:
    struct ways {
        bool begins_in_clear = false;
        std::string to_starttls = "220 go ahead\r\n";  // and what else is said in clear text then
        std::string to_ehlo = "250-me\r\n250 AUTH PLAIN\r\n";
        std::string to_mail = "250 ok\r\n";
    };

    mail_server(const certificate& mine, ways how)
        : mine_(mine),
          how_(std::move(how)),
          server_([this](tcp::socket& socket) { serve(socket); }) {}

    std::string port() const { return server_.port(); }
    std::string in_clear() const { return kept(in_clear_); }
    std::string in_secret() const { return kept(in_secret_); }

private:
    std::string kept(const std::string& lines) const {
        const std::lock_guard lock(guard_);
        return lines;
    }
    std::string answer_to(const std::string& line) const {
        if (line.starts_with("EHLO")) return how_.to_ehlo;
        if (line.starts_with("STARTTLS")) return how_.to_starttls;
        if (line.starts_with("AUTH")) return "235 welcome\r\n";
        return line.starts_with("MAIL") ? how_.to_mail : "250 ok\r\n";
    }
    // Up to the line that begins with `last`, or until the client is gone.
    template <class Stream>
    bool talk(Stream& stream, std::string& lines, std::string_view last) {
        std::string received;
        for (;;) {
            boost::system::error_code ec;
            const auto end = boost::asio::read_until(stream, boost::asio::dynamic_buffer(received), "\r\n", ec);
            if (ec) return false;
            const std::string line = received.substr(0, end - 2);
            received.erase(0, end);
            {
                const std::lock_guard lock(guard_);
                lines += line + "\n";
            }
            if (!send_text(stream, answer_to(line))) return false;
            if (line.starts_with(last)) return true;
        }
    }
    void serve(tcp::socket& socket) {
        if (how_.begins_in_clear) {
            send_text(socket, "220 hello\r\n");
            if (!talk(socket, in_clear_, "STARTTLS") || !how_.to_starttls.starts_with("220"))
                return wait_for_end(socket);
        }
        ssl::context context(ssl::context::tls_server);
        context.use_certificate_chain_file(mine_.path());
        context.use_private_key_file(mine_.key_path(), ssl::context::pem);
        ssl::stream<tcp::socket&> stream(socket, context);
        boost::system::error_code ec;
        stream.handshake(ssl::stream_base::server, ec);
        if (ec) return;
        if (!how_.begins_in_clear) send_text(stream, "220 hello\r\n");
        talk(stream, in_secret_, "QUIT");
    }

    const certificate& mine_;
    const ways how_;
    mutable std::mutex guard_;
    std::string in_clear_, in_secret_;
    outbound_server server_;  // last, since its thread uses the others
};

outbound::policy trusting(const certificate& whom) {
    auto rules = local_policy();
    rules.ca_file = whom.path();
    rules.look_up = [](const std::string&) -> base::outcome<outbound::addresses> {
        return outbound::addresses{boost::asio::ip::address_v4::loopback()};
    };
    return rules;
}

siem::attempt mail_to(const mail_server& server, std::string_view tls, const outbound::policy& rules,
                      const std::string& host = "mail.test") {
    const std::string config = R"({"smtp_server":")" + host + R"(","from":"a@b.c","to":"d@e.f","user":"u","tls":")" +
                               std::string(tls) + R"(","port":)" + server.port() + "}";
    return siem::try_action({.type = siem::action_type::email,
                             .config = boost::json::parse(config).as_object(),
                             .secrets = {{"password", "s3cret"}}},
                            rules, {});
}

// AUTH PLAIN with user and password, and no message.
constexpr std::string_view dialogue =
    "EHLO carrel.invalid\nAUTH PLAIN AHUAczNjcmV0\nMAIL FROM:<a@b.c>\nRCPT TO:<d@e.f>\nRSET\nQUIT\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_tls)

BOOST_AUTO_TEST_CASE(a_server_that_speaks_tls_at_once_is_asked_in_secret) {
    const certificate mine("DNS:mail.test,IP:127.0.0.1");
    const mail_server server(mine, {});
    for (const char* host : {"mail.test", "MAIL.test.", "127.0.0.1"}) {
        const auto made = mail_to(server, "tls", trusting(mine), host);
        BOOST_TEST(made.has_succeeded, made.detail);
        BOOST_TEST(made.status == 250);
    }
    BOOST_TEST(server.in_secret() == std::string(dialogue) + std::string(dialogue) + std::string(dialogue));
    BOOST_TEST(server.in_clear() == "");
}

BOOST_AUTO_TEST_CASE(after_starttls_all_is_said_anew_and_in_secret) {
    const certificate mine("DNS:mail.test");
    const mail_server server(mine, {.begins_in_clear = true});
    const auto made = mail_to(server, "starttls", trusting(mine));
    BOOST_TEST(made.has_succeeded, made.detail);
    BOOST_TEST(server.in_clear() == "EHLO carrel.invalid\nSTARTTLS\n");
    BOOST_TEST(server.in_secret() == dialogue);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_nobody_vouches_for_gets_no_word) {
    const certificate mine("DNS:mail.test");
    for (const bool in_clear : {false, true}) {
        const mail_server server(mine, {.begins_in_clear = in_clear});
        auto rules = trusting(mine);
        rules.ca_file.clear();
        const auto made = mail_to(server, in_clear ? "starttls" : "tls", rules);
        BOOST_TEST(!made.has_succeeded);
        BOOST_TEST(made.detail.starts_with("the certificate of mail.test:" + server.port() + " is not accepted: self"),
                   made.detail);
        BOOST_TEST(server.in_secret() == "");
        BOOST_TEST(server.in_clear() == (in_clear ? "EHLO carrel.invalid\nSTARTTLS\n" : ""));
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_gets_no_word) {
    const certificate mine("DNS:mail.test");
    for (const auto& [host, why] : {std::pair("other.test", "hostname mismatch"), {"127.0.0.1", "IP address mismatch"}})
        for (const bool in_clear : {false, true}) {
            const mail_server server(mine, {.begins_in_clear = in_clear});
            const auto made = mail_to(server, in_clear ? "starttls" : "tls", trusting(mine), host);
            BOOST_TEST(!made.has_succeeded);
            BOOST_TEST(made.detail.ends_with(why), made.detail);
            BOOST_TEST(server.in_secret() == "");
        }
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_starttls_gets_no_mail_in_clear_text) {
    const certificate mine("DNS:mail.test");
    const mail_server server(mine, {.begins_in_clear = true, .to_starttls = "454 not now\r\n"});
    const auto made = mail_to(server, "starttls", trusting(mine));
    BOOST_TEST(!made.has_succeeded);
    BOOST_TEST(made.detail.ends_with("answered STARTTLS with 454"), made.detail);
    BOOST_TEST(server.in_clear() == "EHLO carrel.invalid\nSTARTTLS\n");
}

// Someone between the two cannot have answered what is sent encrypted.
BOOST_AUTO_TEST_CASE(answers_that_came_in_clear_text_count_for_nothing_after_starttls) {
    const certificate mine("DNS:mail.test");
    const mail_server server(mine, {.begins_in_clear = true,
                                    .to_starttls = "220 go ahead\r\n250 yes\r\n235 yes\r\n250 yes\r\n250 yes\r\n",
                                    .to_mail = "550 no\r\n"});
    const auto made = mail_to(server, "starttls", trusting(mine));
    BOOST_TEST(!made.has_succeeded);
    BOOST_TEST(made.detail == "the answer to MAIL was 550");
}

BOOST_AUTO_TEST_CASE(a_server_without_tls_is_no_server_with_it) {
    outbound_server plain([](tcp::socket& socket) {
        send_text(socket, "220 hello\r\n");
        wait_for_end(socket);
    });
    const certificate mine("DNS:mail.test");
    const auto made = siem::try_action(
        {.type = siem::action_type::email,
         .config = boost::json::parse(R"({"smtp_server":"mail.test","from":"a@b.c","to":"d@e.f","tls":"tls","port":)" +
                                      plain.port() + "}")
                       .as_object(),
         .secrets = {}},
        trusting(mine), {});
    BOOST_TEST(!made.has_succeeded);
    BOOST_TEST(made.detail.find("failed while agreeing on TLS") != made.detail.npos, made.detail);
}

BOOST_AUTO_TEST_SUITE_END()
