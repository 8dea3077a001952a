// Actions: their settings per type, their secrets, and the rules that name them.
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(actions)

namespace {

constexpr std::string_view webhook =
    R"({"id":"a","type":"webhook","config":{"url":"https://example.org/hook","method":"PUT","headers":{"X-Team":"soc"}}})";

std::string faults_of(std::string_view type, std::string_view config) {
    domain d;
    return d.post("/actions", R"({"type":")" + std::string(type) + R"(","config":)" + std::string(config) + "}")
        .faults();
}

std::string column(domain& d, const char* sql) {
    return d
        .read([&](carrel::read_session& session) { return session.first<std::string>(carrel::read_sql::dynamic(sql)); })
        .value()
        .value_or("");
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_action_is_created_read_changed_listed_and_deleted) {
    domain d;
    const auto made = d.post("/actions", webhook);
    BOOST_TEST(made.text("/config/url") == "https://example.org/hook");
    BOOST_TEST(!made.at("/has_secret").as_bool());
    BOOST_TEST(d.patch("/actions/a", R"({"config":{"method":null,"headers":{"X-Team":null,"X-Way":"1"}},"name":"n"})")
                   .text("/name") == "n");
    BOOST_TEST(serialize(d.get("/actions/a").at("/config")) ==
               R"({"url":"https://example.org/hook","headers":{"X-Way":"1"}})");
    BOOST_TEST(d.get("/actions", {{"type", "webhook"}}).at("/items").as_array().size() == 1U);
    BOOST_TEST(d.get("/actions", {{"type", "jira"}}).at("/items").as_array().empty());
    BOOST_TEST(!d.remove("/actions/a").refused);
    BOOST_TEST(d.get("/actions/count").at("/count").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(settings_are_checked_for_their_type) {
    BOOST_TEST(faults_of("webhook", "{}") == "config.url");
    BOOST_TEST(faults_of("webhook", R"({"url":"ftp://example.org/"})") == "config.url");
    BOOST_TEST(faults_of("webhook", R"({"url":7})") == "config.url");
    BOOST_TEST(faults_of("webhook", R"({"url":"https://u:p@example.org/"})") == "config.url");
    BOOST_TEST(faults_of("webhook", R"({"url":"https://example.org/","method":"GET"})") == "config.method");
    BOOST_TEST(faults_of("webhook", R"({"url":"https://example.org/","project":"P"})") == "config.project");
    BOOST_TEST(faults_of("webhook", R"({"url":"https://example.org/","token":"t"})") == "config.token");
    BOOST_TEST(faults_of("webhook", R"({"url":"https://example.org/","headers":{"A\r\nB":"x"}})") ==
               "config.headers.A\r\nB");
    BOOST_TEST(faults_of("webhook", R"({"url":"https://example.org/","headers":{"Host":"x"}})") ==
               "config.headers.Host");
    BOOST_TEST(faults_of("webhook", R"({"url":"https://example.org/","secret_headers":{"X":"a\nb"}})") ==
               "config.secret_headers.X");
    BOOST_TEST(faults_of("jira", "{}") == "config.base_url config.project");
    BOOST_TEST(faults_of("jira", R"({"base_url":"https://example.org","project":""})") == "config.project");
    BOOST_TEST(faults_of("slack", "{}") == "config.webhook_url");
    BOOST_TEST(faults_of("slack", R"({"webhook_url":"javascript:x"})") == "config.webhook_url");
    BOOST_TEST(faults_of("email", "{}") == "config.smtp_server config.port config.from config.to");
    constexpr std::string_view mail = R"({"smtp_server":"mail.example.org","from":"a@b.c","to":["d@e.f"],"port":)";
    for (const std::string_view port : {"0", "65536", "-1", "\"25\"", "2.5", "true"})
        BOOST_TEST(faults_of("email", std::string(mail) + std::string(port) + "}") == "config.port");
    for (const std::string_view port : {"1", "65535"})
        BOOST_TEST(faults_of("email", std::string(mail) + std::string(port) + "}") == "");
    BOOST_TEST(faults_of("email", R"({"smtp_server":"m","port":25,"from":"a@b>\r\nX","to":["no"]})") ==
               "config.from config.to[0]");
    BOOST_TEST(faults_of("pager", "{}") == "type");
    BOOST_TEST(faults_of("webhook", "[]") == "config");
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not_public_are_refused) {
    for (const std::string_view host : {"127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "2130706433",
                                        "0x7f.1", "[::ffff:127.0.0.1]", "metadata.google.internal"})
        BOOST_TEST(faults_of("webhook", R"({"url":"http://)" + std::string(host) + R"(/"})") == "config.url", host);
    BOOST_TEST(faults_of("slack", R"({"webhook_url":"http://192.168.1.1/"})") == "config.webhook_url");
}

BOOST_AUTO_TEST_CASE(a_secret_is_kept_sealed_and_never_shown) {
    domain d;
    const auto made = d.post(
        "/actions", R"({"id":"s","type":"slack","config":{"webhook_url":"https://hooks.example.org/T0/s3cret"}})");
    BOOST_TEST(made.at("/has_secret").as_bool());
    BOOST_TEST(made.reply.body.find("s3cret") == std::string::npos);
    for (const auto& reply : {d.get("/actions/s"), d.get("/actions"), d.patch("/actions/s", R"({"name":"x"})")})
        BOOST_TEST(reply.reply.body.find("webhook_url") == std::string::npos);
    const std::string kept = column(d, "SELECT config || secrets FROM actions");
    BOOST_TEST(kept.find("s3cret") == std::string::npos);
    BOOST_TEST(kept.find("v1.") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_secret_stays_until_another_is_given) {
    domain d;
    constexpr std::string_view jira =
        R"({"id":"j","type":"jira","config":{"base_url":"https://example.org","project":"SOC","user":"u","token":"t"}})";
    d.post("/actions", jira);
    const std::string first = column(d, "SELECT ifnull(secrets, '') FROM actions");
    constexpr std::string_view without =
        R"({"type":"jira","config":{"base_url":"https://example.org","project":"SEC"}})";
    const auto replaced = d.send(carrel::siem::method::put, "/actions/j", without, {});
    BOOST_TEST(serialize(replaced.at("/config")) == R"({"base_url":"https://example.org","project":"SEC"})");
    d.patch("/actions/j", R"({"config":{"project":"X"}})");
    BOOST_TEST(column(d, "SELECT ifnull(secrets, '') FROM actions") == first);
    d.patch("/actions/j", R"({"config":{"token":"other"}})");
    BOOST_TEST(column(d, "SELECT ifnull(secrets, '') FROM actions") != first);
    BOOST_TEST(!d.patch("/actions/j", R"({"config":{"token":null}})").at("/has_secret").as_bool());
    BOOST_TEST(column(d, "SELECT ifnull(secrets, '') FROM actions") == "");
}

// Who may write actions is not one who may know what is sealed in them.
BOOST_AUTO_TEST_CASE(a_secret_is_not_sent_to_another_address) {
    domain d;
    d.post("/actions",
           R"({"id":"w","type":"webhook","config":{"url":"https://example.org/a","secret_headers":{"X":"s"}}})");
    d.post(
        "/actions",
        R"({"id":"j","type":"jira","config":{"base_url":"https://example.org","project":"P","user":"u","token":"t"}})");
    d.post(
        "/actions",
        R"({"id":"m","type":"email","config":{"smtp_server":"mx.example.org","port":587,"from":"a@example.org","to":["b@example.org"],"tls":"starttls","user":"u","password":"p"}})");
    const auto fault_of = [&](const std::string& id, const std::string& config) {
        return d.patch("/actions/" + id, R"({"config":)" + config + "}").faults();
    };
    BOOST_TEST(fault_of("w", R"({"url":"https://example.com/a"})") == "config.secret_headers");
    BOOST_TEST(fault_of("j", R"({"base_url":"https://example.com"})") == "config.token");
    BOOST_TEST(fault_of("m", R"({"smtp_server":"mx.example.com"})") == "config.password");
    BOOST_TEST(fault_of("m", R"({"port":25})") == "config.password");
    BOOST_TEST(d.send(carrel::siem::method::put, "/actions/w",
                      R"({"type":"webhook","config":{"url":"https://example.com/"}})", {})
                   .faults() == "config.secret_headers");
    BOOST_TEST(!d.patch("/actions/w", R"({"config":{"url":"https://example.com/a","secret_headers":null}})")
                    .at("/has_secret")
                    .as_bool());
    BOOST_TEST(d.patch("/actions/j", R"({"config":{"base_url":"https://example.com","token":"new"}})")
                   .at("/has_secret")
                   .as_bool());
    BOOST_TEST(d.patch("/actions/m", R"({"config":{"to":["c@example.org"]}})").at("/has_secret").as_bool());
}

BOOST_AUTO_TEST_CASE(many_actions_are_created_at_once_and_get_their_secrets_one_by_one) {
    domain d;
    const auto made = d.post("/actions/bulk", R"({"action":"create","items":[)" + std::string(webhook) +
                                                  R"(,{"type":"slack","config":{}}]})");
    BOOST_TEST(made.at("/succeeded").as_int64() == 1);
    BOOST_TEST(made.text("/items/1/detail").find("webhook_url") != std::string::npos);
    BOOST_TEST(
        d.post("/actions/bulk", R"({"action":"patch","ids":["a"],"patch":{"config":{"secret_headers":{"X":"y"}}}})")
            .faults() == "patch.config.secret_headers");
    BOOST_TEST(d.post("/actions/bulk", R"({"action":"patch","ids":["a"],"patch":{"config":{"method":"POST"}}})")
                   .at("/succeeded")
                   .as_int64() == 1);
    BOOST_TEST(d.get("/actions/a").text("/config/method") == "POST");
}

BOOST_AUTO_TEST_CASE(another_type_needs_its_own_settings) {
    domain d;
    d.post("/actions", webhook);
    BOOST_TEST(d.patch("/actions/a", R"({"type":"slack"})").faults() ==
               "config.url config.method config.headers config.webhook_url");
    const auto changed =
        d.patch("/actions/a", R"({"type":"slack","config":{"webhook_url":"https://hooks.example.org/x"}})");
    BOOST_TEST(serialize(changed.at("/config")) == "{}");
    BOOST_TEST(d.patch("/actions/a", R"({"type":"jira"})").faults() == "config.base_url config.project");
    const auto again = d.patch("/actions/a", R"({"type":"webhook","config":{"url":"https://example.org/"}})");
    BOOST_TEST(!again.at("/has_secret").as_bool());
    BOOST_TEST(d.send(carrel::siem::method::put, "/actions/a", R"({"type":"slack","config":{}})", {}).faults() ==
               "config.webhook_url");
}

BOOST_AUTO_TEST_CASE(a_rule_names_actions_that_are_there) {
    domain d;
    d.post("/actions", webhook);
    constexpr std::string_view rule = R"({"id":"r","name":"n","severity":"low","type":"query","query":"x","actions":)";
    BOOST_TEST(d.post("/rules", std::string(rule) + R"(["a","b"]})").faults() == "actions[1]");
    BOOST_TEST(serialize(d.post("/rules", std::string(rule) + R"(["a"]})").at("/actions")) == R"(["a"])");
    BOOST_TEST(d.get("/rules", {{"action", "a"}}).at("/items").as_array().size() == 1U);
    const auto kept = d.remove("/actions/a");
    BOOST_REQUIRE(kept.refused.has_value());
    BOOST_TEST((kept.refused->code == carrel::siem::problem_code::conflict));
    d.patch("/rules/r", R"({"actions":[]})");
    BOOST_TEST(!d.remove("/actions/a").refused);
}

BOOST_AUTO_TEST_CASE(a_test_is_a_job_to_look_at) {
    domain d;
    d.post("/actions", webhook);
    const auto begun = d.post("/actions/a/test", "");
    BOOST_TEST((begun.reply.kind == carrel::siem::outcome::accepted));
    const std::string path = begun.reply.location.substr(std::string_view("/api/v1").size());
    BOOST_TEST(d.get(path).text("/state") == "waiting");
    BOOST_TEST(d.get("/actions/a/tests").at("/items").as_array().size() == 1U);
    for (int i = 0; i < 99; ++i) BOOST_REQUIRE(!d.post("/actions/a/test", "").refused);
    BOOST_TEST((d.post("/actions/a/test", "").refused->code == carrel::siem::problem_code::conflict));
    BOOST_TEST((d.post("/actions/none/test", "").refused->code == carrel::siem::problem_code::not_found));
    BOOST_TEST(!d.remove("/actions/a").refused);
    BOOST_TEST(d.count("SELECT count(*) FROM action_tests") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
