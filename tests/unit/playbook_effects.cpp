// What a step really does outside: by a stored action and by a command.
#include "background/mail_text.hpp"
#include "background/step_effects.hpp"
#include "siem/actions.hpp"
#include "siem/outbound_settings.hpp"
#include "siem/playbooks/stored_json.hpp"
#include "support/outbound_server.hpp"
#include "support/temp_database.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <fstream>

using namespace carrel;
using namespace carrel::testing;
using siem::step_status;
using siem::step_type;

BOOST_AUTO_TEST_SUITE(playbook_effects)

namespace {

siem::record action_of(siem::action_type type, const std::string& config) {
    siem::record row;
    row.values.resize(siem::actions().fields.size());
    row.values[siem::actions().position("id")] = std::string("hook");
    row.values[siem::actions().position("type")] = static_cast<std::int64_t>(type);
    row.values[siem::actions().position("config")] = config;
    return row;
}

siem::step_to_do step_of(step_type type, const std::string& parameters) {
    siem::step_to_do made;
    made.execution_id = "e";
    made.attempt = 1;
    made.playbook_id = made.playbook_name = "p";
    made.what.id = "s";
    made.what.type = type;
    made.what.parameters = siem::parse_stored(parameters).as_object();
    return made;
}

siem::step_to_do webhook(const std::string& url, const std::string& parameters = "{}") {
    auto made = step_of(step_type::call_webhook, parameters);
    made.action = action_of(siem::action_type::webhook, R"({"url":")" + url + "\"}");
    return made;
}

/// A script that the server allows under the name `tool`.
class allowed_script {
public:
    explicit allowed_script(const std::string& text)
        : path_(directory_.file("tool")) {
        std::ofstream(path_) << "#!/bin/sh\n" << text;
        ::chmod(path_.c_str(), 0700);
        siem::outbound_settings made;
        made.commands.emplace("tool", path_);
        siem::set_outbound(std::move(made));
    }
    ~allowed_script() { siem::set_outbound({}); }
    std::string file(const std::string& name) const { return directory_.file(name); }

private:
    temp_directory directory_;
    std::string path_;
};

std::string output_of(const siem::step_effect& effect) {
    return std::string(effect.outcome.output.at("output").as_string());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_webhook_gets_the_step_and_a_key_that_stays_the_same) {
    replying_server server([](const std::string&) { return reply("200 OK", "", ""); });
    const auto made = siem::have_effect(webhook(server.url("/hook")), local_policy(), {});
    BOOST_TEST((made.outcome.status == step_status::succeeded));
    BOOST_TEST(made.outcome.answer_status == 200);
    const std::string head = server.heads().at(0);
    BOOST_TEST(head.starts_with("POST /hook HTTP/1.1\r\n"));
    BOOST_TEST(head.find("Idempotency-Key: e-s\r\n") != head.npos);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_success_is_a_failure_that_is_known) {
    replying_server server([](const std::string&) { return reply("500 Oops", "", "secret words"); });
    const auto made = siem::have_effect(webhook(server.url("/hook")), local_policy(), {});
    BOOST_TEST((made.outcome.status == step_status::failed));
    BOOST_TEST(made.outcome.answer_status == 500);
    BOOST_TEST(made.outcome.error.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_receiver_without_time_says_how_long_to_wait) {
    const auto wait_for = [](const std::string& status, const std::string& value) {
        replying_server server([&](const std::string&) { return reply(status, "Retry-After: " + value + "\r\n", ""); });
        return siem::have_effect(webhook(server.url("/hook")), local_policy(), {}).outcome.wait_s;
    };
    BOOST_TEST(wait_for("429 Too Many Requests", "30") == 30);
    BOOST_TEST(wait_for("503 Service Unavailable", "Fri, 31 Dec 9999 23:59:59 GMT") == 60);
    BOOST_TEST(wait_for("503 Service Unavailable", "Sun, 06 Nov 1994 08:49:37 GMT") == 0);
    BOOST_TEST(wait_for("503 Service Unavailable", "soon") == 0);
    BOOST_TEST(wait_for("500 Oops", "30") == 0);
}

BOOST_AUTO_TEST_CASE(one_that_stalls_is_ended_by_the_steps_time_and_is_unknown) {
    outbound_server server([](asio::ip::tcp::socket& socket) { wait_for_end(socket); });
    auto step = webhook(server.url("/hook"));
    step.what.timeout_s = 1;
    const auto made = siem::have_effect(step, local_policy(), {});
    BOOST_TEST((made.outcome.status == step_status::unknown));
    BOOST_TEST(made.has_begun);
    BOOST_TEST(made.outcome.error.find("took too long") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_reached_has_had_no_effect) {
    // No port that was free a moment ago: another test's server may have it by now.
    const auto made = siem::have_effect(webhook("http://127.0.0.1:1/"), local_policy(), {});
    BOOST_TEST((made.outcome.status == step_status::failed));
    BOOST_TEST(!made.has_begun);
}

BOOST_AUTO_TEST_CASE(a_redirect_to_the_inside_is_not_followed) {
    replying_server inside([](const std::string&) { return reply("200 OK", "", ""); });
    replying_server server([&](const std::string&) {
        return reply("307 Temporary Redirect", "Location: " + inside.url("/admin") + "\r\n", "");
    });
    outbound::policy rules;
    rules.allowed_hosts = {"127.0.0.1:" + server.port()};
    const auto made = siem::have_effect(webhook(server.url("/hook")), rules, {});
    BOOST_TEST((made.outcome.status != step_status::succeeded));
    BOOST_TEST(made.outcome.error.find("loopback") != std::string::npos);
    BOOST_TEST(inside.heads().empty());
}

BOOST_AUTO_TEST_CASE(a_ticket_has_the_key_that_it_was_given) {
    replying_server server([](const std::string&) { return reply("201 Created", "", R"({"id":"1","key":"SOC-7"})"); });
    auto step = step_of(step_type::create_ticket, R"({"summary":"Odd","description":"words"})");
    step.action = action_of(siem::action_type::jira, R"({"base_url":")" + server.url() + R"(","project":"SOC"})");
    const auto made = siem::have_effect(step, local_policy(), {});
    BOOST_TEST(made.outcome.output.at("reference").as_string() == "SOC-7");
    BOOST_TEST(server.heads().at(0).starts_with("POST /rest/api/2/issue HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(a_mail_is_really_sent) {
    std::string said;
    outbound_server server([&](asio::ip::tcp::socket& socket) {
        std::string received;
        const auto until = [&](const char* end) {
            boost::system::error_code ec;
            const auto size = asio::read_until(socket, asio::dynamic_buffer(received), end, ec);
            said += received.substr(0, size);
            received.erase(0, size);
        };
        send_text(socket, "220 hello\r\n");
        for (const char* answer : {"250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"}) {
            until("\r\n");
            send_text(socket, answer);
        }
        until("\r\n.\r\n");
        send_text(socket, "250 taken\r\n");
        until("\r\n");
    });
    auto step = step_of(step_type::send_notification, R"({"subject":"Größe\r\nBcc: x@y.z","message":"words"})");
    step.action = action_of(siem::action_type::email,
                            R"({"smtp_server":"127.0.0.1","from":"a@b.c","to":"d@e.f","port":)" + server.port() + "}");
    const auto made = siem::have_effect(step, local_policy(), {});
    BOOST_TEST((made.outcome.status == step_status::succeeded), made.outcome.error);
    BOOST_TEST(made.outcome.answer_status == 250);
    BOOST_TEST(said.find("DATA\r\nFrom: <a@b.c>\r\nTo: <d@e.f>\r\nSubject: =?utf-8?B?") != std::string::npos);
    BOOST_TEST(said.find("Bcc") == std::string::npos);
    BOOST_TEST(said.find("\r\n\r\nd29yZHM=\r\n.\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_command_gets_its_arguments_without_a_shell) {
    const allowed_script script("echo \"$# $1|$2\"; env | grep -c SECRET_OF_US; echo \"$CARREL_STEP\" >&2\n");
    ::setenv("SECRET_OF_US", "x", 1);
    auto step = step_of(step_type::run_script, R"x({"command":"tool","arguments":["a b; reboot","$(id)"]})x");
    const auto made = siem::have_effect(step, {}, {});
    BOOST_TEST((made.outcome.status == step_status::succeeded), made.outcome.error);
    BOOST_TEST(output_of(made) == "2 a b; reboot|$(id)\n0\ns\n");
    step = step_of(step_type::block_ip, R"({"command":"tool","ip":"192.0.2.1"})");
    BOOST_TEST(output_of(siem::have_effect(step, {}, {})).starts_with("1 ip=192.0.2.1|\n"));
}

BOOST_AUTO_TEST_CASE(a_command_tells_how_it_ended) {
    const allowed_script script("exit 3\n");
    const auto made = siem::have_effect(step_of(step_type::run_script, R"({"command":"tool"})"), {}, {});
    BOOST_TEST((made.outcome.status == step_status::failed));
    BOOST_TEST(made.outcome.answer_status == 3);
    const auto other = siem::have_effect(step_of(step_type::run_script, R"({"command":"other"})"), {}, {});
    BOOST_TEST((other.outcome.status == step_status::failed));
    BOOST_TEST(!other.has_begun);
}

BOOST_AUTO_TEST_CASE(what_a_command_says_is_bounded_and_it_never_waits_for_a_reader) {
    const allowed_script script("head -c 3000000 /dev/zero | tr '\\0' 'x'; printf '\\377'\n");
    const auto made = siem::have_effect(step_of(step_type::run_script, R"({"command":"tool"})"), {}, {});
    BOOST_TEST((made.outcome.status == step_status::succeeded), made.outcome.error);
    BOOST_TEST(output_of(made) == std::string(16 * 1024, 'x'));
}

BOOST_AUTO_TEST_CASE(a_command_that_takes_too_long_is_ended_with_all_that_it_started) {
    const allowed_script script("sleep 1000 & echo $! > \"$(dirname \"$0\")/child\"; wait\n");
    auto step = step_of(step_type::run_script, R"({"command":"tool"})");
    step.what.timeout_s = 3;  // in which the script must have come to its child
    const auto made = siem::have_effect(step, {}, {});
    BOOST_TEST((made.outcome.status == step_status::unknown));
    BOOST_TEST(made.outcome.error.find("took too long") != std::string::npos);
    pid_t child = 0;
    std::ifstream(script.file("child")) >> child;
    BOOST_REQUIRE(child > 0);
    // Whoever takes in orphans may still have to collect it.
    BOOST_TEST(eventually([&] {
        std::string state;
        std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
        std::getline(stat, state);
        return state.empty() || state.find(") Z ") != state.npos;
    }));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_what_waits) {
    std::stop_source stop;
    outbound_server server([&](asio::ip::tcp::socket& socket) {
        stop.request_stop();
        wait_for_end(socket);
    });
    const auto made = siem::have_effect(webhook(server.url("/hook")), local_policy(), stop.get_token());
    BOOST_TEST((made.outcome.status != step_status::succeeded));
    BOOST_TEST(made.outcome.error == "cancelled");
}

BOOST_AUTO_TEST_SUITE_END()
