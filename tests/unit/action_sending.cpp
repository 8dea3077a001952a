// What a test of an action sends, and what it tells of the answer. Keys that are lost or are not the right ones.
#include "background/action_sender.hpp"
#include "siem/secrets.hpp"
#include "support/outbound_server.hpp"
#include "support/temp_database.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <fstream>

using namespace carrel;
using namespace carrel::testing;
using siem::action_type;
using siem::opened_action;

namespace {

opened_action action_of(action_type type, const std::string& config,
                        std::map<std::string, std::string, std::less<>> secrets = {}) {
    return {.type = type, .config = boost::json::parse(config).as_object(), .secrets = std::move(secrets)};
}

std::string url_member(const std::string& name, const std::string& url) {
    return R"({")" + name + R"(":")" + url + "\"";
}

struct key_in_memory {
    ~key_in_memory() { siem::set_key_source({}); }
};

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Answers each line of a client with the next of `answers`; keeps the lines.
struct mail_server {
    explicit mail_server(std::vector<std::string> given)
        : answers(std::move(given)),
          server([this](boost::asio::ip::tcp::socket& socket) {
              std::string received;
              for (const std::string& each : answers) {
                  send_text(socket, each);
                  boost::system::error_code ec;
                  const auto end = boost::asio::read_until(socket, boost::asio::dynamic_buffer(received), "\r\n", ec);
                  if (ec) return;
                  said += received.substr(0, end - 2) + "\n";
                  received.erase(0, end);
              }
          }) {}
    std::vector<std::string> answers;
    std::string said;
    outbound_server server;
};

opened_action mail_to(const mail_server& server, const std::string& more = "") {
    return action_of(action_type::email, R"({"smtp_server":"127.0.0.1","from":"a@b.c","to":["d@e.f","g@h.i"],"port":)" +
                                             server.server.port() + more + "}");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(action_sending)

BOOST_AUTO_TEST_CASE(a_webhook_gets_its_headers_and_a_message) {
    replying_server server([](const std::string&) { return reply("202 Accepted", "", ""); });
    const auto made = siem::try_action(
        action_of(action_type::webhook,
                  url_member("url", server.url("/hook")) + R"(,"method":"PUT","headers":{"X-Team":"soc"}})",
                  {{"secret_headers", R"({"X-Key":"s3cret"})"}}),
        local_policy(), {});
    BOOST_TEST(made.has_succeeded);
    BOOST_TEST(made.status == 202);
    const std::string head = server.heads().at(0);
    BOOST_TEST(head.starts_with("PUT /hook HTTP/1.1\r\n"));
    BOOST_TEST(head.find("X-Team: soc\r\n") != head.npos);
    BOOST_TEST(head.find("X-Key: s3cret\r\n") != head.npos);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_success_is_told_by_its_status) {
    replying_server server([](const std::string&) { return reply("403 Forbidden", "", "s3cret"); });
    const auto made = siem::try_action(action_of(action_type::slack, "{}", {{"webhook_url", server.url("/T0/s3cret")}}),
                                       local_policy(), {});
    BOOST_TEST(!made.has_succeeded);
    BOOST_TEST(made.status == 403);
    BOOST_TEST(made.detail.find("s3cret") == made.detail.npos);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_public_is_not_reached) {
    replying_server server([](const std::string&) { return reply("200 OK", "", ""); });
    const auto made =
        siem::try_action(action_of(action_type::slack, "{}", {{"webhook_url", server.url("/T0/s3cret")}}), {}, {});
    BOOST_TEST(!made.has_succeeded);
    BOOST_TEST(made.detail.find("loopback") != made.detail.npos);
    BOOST_TEST(made.detail.find("s3cret") == made.detail.npos);
    BOOST_TEST(server.heads().empty());
}

BOOST_AUTO_TEST_CASE(jira_is_asked_for_the_project_with_who_asks) {
    replying_server server([](const std::string&) { return reply("200 OK", "", "{}"); });
    const auto with = [&](const std::string& user) {
        return siem::try_action(
            action_of(action_type::jira, url_member("base_url", server.url("/j/")) + R"(,"project":"A/B")" + user + "}",
                      {{"token", "t"}}),
            local_policy(), {});
    };
    BOOST_TEST(with(R"(,"user":"u")").has_succeeded);
    BOOST_TEST(with("").has_succeeded);
    BOOST_TEST(server.heads().at(0).starts_with("GET /j/rest/api/2/project/A%2FB HTTP/1.1\r\n"));
    BOOST_TEST(server.heads().at(0).find("Authorization: Basic dTp0\r\n") != std::string::npos);
    BOOST_TEST(server.heads().at(1).find("Authorization: Bearer t\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mail_server_is_asked_up_to_the_message) {
    mail_server server({"220 hello\r\n", "250-me\r\n250 8BITMIME\r\n", "250 ok\r\n", "250 ok\r\n", "251 ok\r\n",
                        "250 ok\r\n", "221 bye\r\n"});
    const auto made = siem::try_action(mail_to(server), local_policy(), {});
    BOOST_TEST(made.has_succeeded, made.detail);
    BOOST_TEST(made.status == 251);
    BOOST_TEST(server.said == "EHLO carrel.invalid\nMAIL FROM:<a@b.c>\nRCPT TO:<d@e.f>\nRCPT TO:<g@h.i>\nRSET\nQUIT\n");
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_refused_is_told) {
    mail_server server({"220 hello\r\n", "250 me\r\n", "250 ok\r\n", "550 s3cret\r\n"});
    const auto made = siem::try_action(mail_to(server), local_policy(), {});
    BOOST_TEST(!made.has_succeeded);
    BOOST_TEST(made.status == 550);
    BOOST_TEST(made.detail == "the answer to RCPT was 550");
}

BOOST_AUTO_TEST_CASE(a_password_is_not_sent_in_clear_text) {
    mail_server server({"220 hello\r\n", "250 me\r\n"});
    auto what = mail_to(server, R"(,"user":"u")");
    what.secrets.emplace("password", "s3cret");
    const auto made = siem::try_action(what, local_policy(), {});
    BOOST_TEST(!made.has_succeeded);
    BOOST_TEST(made.detail.find("TLS") != made.detail.npos);
    BOOST_TEST(server.said.find("AUTH") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_smtp_is_told) {
    for (const std::string& greeting :
         {std::string("HTTP/1.1 400\r\n"), std::string("x\r\n"), std::string(9000, '2')}) {
        outbound_server server([&](boost::asio::ip::tcp::socket& socket) {
            send_text(socket, greeting);
            wait_for_end(socket);
        });
        const auto made = siem::try_action(
            action_of(action_type::email,
                      R"({"smtp_server":"127.0.0.1","from":"a@b.c","to":"d@e.f","port":)" + server.port() + "}"),
            local_policy(), {});
        BOOST_TEST(made.detail.find("is no SMTP") != made.detail.npos, made.detail);
    }
}

BOOST_AUTO_TEST_CASE(a_key_is_made_when_the_first_secret_comes_and_read_again) {
    const temp_directory directory;
    const key_in_memory at_end;
    const std::string path = directory.file("key");
    siem::set_key_source({.path = path, .may_create = true});
    BOOST_TEST(siem::check_key().has_value());
    BOOST_TEST(siem::open_secret("v1.AAAA", "p").has_error());
    BOOST_TEST(!std::filesystem::exists(path));  // nothing is made to open what another key sealed
    const auto sealed = siem::seal_secret("s3cret", "p").value();
    struct stat file {};
    BOOST_REQUIRE(::stat(path.c_str(), &file) == 0);
    BOOST_TEST((file.st_mode & 0777) == 0600U);
    siem::set_key_source({.path = path, .may_create = true});
    BOOST_TEST(siem::open_secret(sealed, "p").value() == "s3cret");
    BOOST_TEST(siem::open_secret(sealed, "q").has_error());
    BOOST_TEST(read_all(path).size() == 32U);
}

BOOST_AUTO_TEST_CASE(another_key_is_a_clear_error) {
    const key_in_memory at_end;
    const temp_directory directory;
    siem::set_key_source({});
    const auto sealed = siem::seal_secret("s3cret", "p").value();
    siem::set_key_source({});  // a new key
    BOOST_TEST(siem::open_secret(sealed, "p").error().text.find("sealed with another key") != std::string::npos);
    std::string logged;
    siem::set_key_source({.path = directory.file("none"),
                          .may_create = false,
                          .log = [&](log_level, std::string_view text) { logged = text; }});
    BOOST_TEST(siem::check_key().has_error());
    const auto failed = siem::seal_secret("x", "p");
    BOOST_REQUIRE(failed.has_error());
    BOOST_TEST(failed.error().text.find(directory.path()) == std::string::npos);
    BOOST_TEST(logged.find(directory.path()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_that_others_may_read_is_refused) {
    const key_in_memory at_end;
    const temp_directory directory;
    const std::string path = directory.file("key");
    std::ofstream(path) << std::string(64, 'a') << '\n';
    ::chmod(path.c_str(), 0640);
    siem::set_key_source({.path = path});
    BOOST_TEST(siem::check_key().error().text.find("0600") != std::string::npos);
    ::chmod(path.c_str(), 0600);
    BOOST_TEST(siem::check_key().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
