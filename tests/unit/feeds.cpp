// Feeds: what they may be, when they are read, and the jobs that read them.
#include "siem/feed_schedule.hpp"
#include "siem/outbound_settings.hpp"
#include "support/domain.hpp"
#include "support/temp_database.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::feed_schedule;
using carrel::siem::problem_code;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(feeds)

namespace {

// A server that has a directory of feeds.
struct with_directory {
    with_directory() { carrel::siem::set_outbound({.feeds = {}, .actions = {}, .feeds_directory = directory.path()}); }
    ~with_directory() { carrel::siem::set_outbound({}); }
    carrel::testing::temp_directory directory;
};

constexpr std::string_view http_feed =
    R"({"id":"f","name":"F","type":"http","url":"https://example.org/rules.zip","auth_config":{"type":"bearer","token":"s3cret"}})";

std::string faults_of(std::string_view members) {
    domain d;
    return d.post("/feeds", R"({"name":"F",)" + std::string(members) + "}").faults();
}

std::string next_of(std::string_view schedule, std::string_view after) {
    const auto parsed = feed_schedule::parse(schedule);
    if (!parsed) return "refused";
    const auto next = parsed->next(carrel::siem::parse_time(after).value());
    std::string text;
    if (next) carrel::siem::append_time(text, *next);
    return text.substr(0, 16);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_feed_is_created_read_changed_listed_and_deleted) {
    domain d;
    const auto made = d.post("/feeds", http_feed);
    BOOST_TEST(made.text("/status") == "active");
    BOOST_TEST(made.text("/update_strategy") == "manual");
    BOOST_TEST(made.at("/has_auth").as_bool());
    BOOST_TEST(made.reply.body.find("s3cret") == std::string::npos);
    BOOST_TEST(made.at("/priority").as_int64() == 100);
    const auto changed = d.patch("/feeds/f", R"({"priority":7,"include_tags":["attack.t1059"],"min_severity":"high"})");
    BOOST_TEST(changed.text("/min_severity") == "high");
    BOOST_TEST(d.get("/feeds").at("/items").as_array().size() == 1U);
    BOOST_TEST(d.get("/feeds", {{"status", "error"}}).at("/items").as_array().empty());
    BOOST_TEST(!d.remove("/feeds/f").refused);
    BOOST_TEST((d.get("/feeds/f").refused->code == problem_code::not_found));
}

BOOST_AUTO_TEST_CASE(a_secret_is_not_sent_to_another_url) {
    domain d;
    d.post("/feeds", http_feed);
    BOOST_TEST(d.patch("/feeds/f", R"({"url":"https://example.com/"})").faults() == "auth_config");
    BOOST_TEST(d.patch("/feeds/f", R"({"url":"https://example.com/","auth_config":{"type":"bearer","token":"t"}})")
                   .at("/has_auth")
                   .as_bool());
    BOOST_TEST(!d.patch("/feeds/f", R"({"url":"https://example.org/","auth_config":null})").at("/has_auth").as_bool());
    BOOST_TEST(d.patch("/feeds/f", R"({"url":"https://example.com/"})").text("/url") == "https://example.com/");
}

BOOST_AUTO_TEST_CASE(a_source_has_what_its_type_needs) {
    BOOST_TEST(faults_of(R"("type":"http")") == "url");
    BOOST_TEST(faults_of(R"("type":"git")") == "url");
    BOOST_TEST(faults_of(R"("type":"s3","url":"https://example.org/")") == "type");
    BOOST_TEST(faults_of(R"("type":"http","url":"https://example.org/","branch":"main")") == "branch");
    BOOST_TEST(faults_of(R"("type":"git","url":"https://example.org/","auth_config":{"type":"bearer","token":"t"})") ==
               "auth_config");
    BOOST_TEST(faults_of(R"("type":"git","url":"file:///etc")") == "url");
    BOOST_TEST(faults_of(R"("type":"git","url":"ext::sh -c id")") == "url");
    BOOST_TEST(faults_of(R"("type":"git","url":"https://example.org/","path":"rules/../../x")") == "path");
    BOOST_TEST(faults_of(R"("type":"filesystem","path":"x")") == "type");  // no directory
    const with_directory there;
    BOOST_TEST(faults_of(R"("type":"filesystem","path":"x")") == "");
    BOOST_TEST(faults_of(R"("type":"filesystem")") == "path");
    BOOST_TEST(faults_of(R"("type":"filesystem","path":"/etc")") == "path");
    BOOST_TEST(faults_of(R"("type":"filesystem","path":"x","url":"https://example.org/")") == "url");
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not_public_are_refused) {
    for (const std::string_view host : {"127.0.0.1", "localhost", "[::1]", "169.254.169.254", "192.168.0.1", "0"})
        BOOST_TEST(faults_of(R"("type":"http","url":"http://)" + std::string(host) + R"(/")") == "url", host);
}

BOOST_AUTO_TEST_CASE(who_asks_is_checked) {
    const auto with = [](std::string_view auth) {
        return faults_of(R"("type":"http","url":"https://example.org/","auth_config":)" + std::string(auth));
    };
    BOOST_TEST(with(R"({"type":"basic","user":"u","password":"p"})") == "");
    BOOST_TEST(with(R"({"type":"header","name":"X-Key","value":"v"})") == "");
    BOOST_TEST(with("{}") == "auth_config.type");
    BOOST_TEST(with(R"({"type":"bearer"})") == "auth_config.token");
    BOOST_TEST(with(R"({"type":"bearer","token":7})") == "auth_config.token");
    BOOST_TEST(with(R"({"type":"bearer","token":"a\r\nX: y"})") == "auth_config");
    BOOST_TEST(with(R"({"type":"header","name":"Host","value":"v"})") == "auth_config");
    BOOST_TEST(with(R"({"type":"basic","user":"u","password":"p","more":""})") == "auth_config.more");
}

BOOST_AUTO_TEST_CASE(a_schedule_says_when_it_comes_next) {
    domain d;
    d.now = carrel::siem::parse_time("2026-11-26T10:00:00Z").value();
    const auto made = d.post(
        "/feeds", R"({"id":"s","name":"S","type":"http","url":"https://example.org/","update_strategy":"scheduled",)"
                  R"("update_schedule":"6h"})");
    BOOST_TEST(made.text("/next_sync_at") == "2026-11-26T16:00:00.000000Z");
    BOOST_TEST(d.patch("/feeds/s", R"({"update_schedule":"30 3 * * *"})").text("/next_sync_at") ==
               "2026-11-27T03:30:00.000000Z");
    BOOST_TEST(d.patch("/feeds/s", R"({"name":"T"})").text("/next_sync_at") == "2026-11-27T03:30:00.000000Z");
    BOOST_TEST(d.post("/feeds/s/disable", "").at("/next_sync_at").is_null());
    BOOST_TEST(d.get("/feeds/s").text("/status") == "disabled");
    BOOST_TEST(d.post("/feeds/s/enable", "").text("/next_sync_at") == "2026-11-27T03:30:00.000000Z");
    BOOST_TEST(d.patch("/feeds/s", R"({"update_schedule":null})").faults() == "update_schedule");
    BOOST_TEST(d.patch("/feeds/s", R"({"update_schedule":"now"})").faults() == "update_schedule");
}

BOOST_AUTO_TEST_CASE(schedules_are_intervals_or_fields_of_cron) {
    constexpr std::string_view at = "2026-11-26T10:07:30Z";  // a Thursday
    BOOST_TEST(next_of("90s", at) == "2026-11-26T10:09");
    BOOST_TEST(next_of("1d", at) == "2026-11-27T10:07");
    BOOST_TEST(next_of("*/15 * * * *", at) == "2026-11-26T10:15");
    BOOST_TEST(next_of("7 10 * * *", at) == "2026-11-27T10:07");
    BOOST_TEST(next_of("0 0 1,15 * *", at) == "2026-12-01T00:00");
    BOOST_TEST(next_of("0 4 * * 1-5", at) == "2026-11-27T04:00");
    BOOST_TEST(next_of("0 4 * * 7", at) == "2026-11-29T04:00");
    BOOST_TEST(next_of("0 4 1 * 0", at) == "2026-11-29T04:00");  // either day will do
    BOOST_TEST(next_of("0 0 29 2 *", at) == "2028-02-29T00:00");
    BOOST_TEST(next_of("0 0 30 2 *", at) == "");
    for (const std::string_view wrong :
         {"",           "6",         "h",           "59s",         "367d",       "99999999999h",
          "-1h",        "* * * *",   "* * * * * *", "60 * * * *",  "* 24 * * *", "* * 0 * *",
          "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "1, * * * *", "a * * * *",
          "* * * * * ", "1h 1h"})
        BOOST_TEST(next_of(wrong, at) == "refused", wrong);
}

BOOST_AUTO_TEST_CASE(one_thing_at_a_time_is_done_to_a_feed) {
    domain d;
    d.post("/feeds", http_feed);
    const auto begun = d.post("/feeds/f/sync", "");
    BOOST_TEST((begun.reply.kind == carrel::siem::outcome::accepted));
    const std::string path = begun.reply.location.substr(std::string_view("/api/v1").size());
    BOOST_TEST(d.get(path).text("/state") == "waiting");
    BOOST_TEST(d.get(path).text("/kind") == "sync");
    BOOST_TEST((d.post("/feeds/f/sync", "").refused->code == problem_code::conflict));
    BOOST_TEST((d.post("/feeds/f/test", "").refused->code == problem_code::conflict));
    BOOST_TEST(d.get("/feeds/f/history").at("/items").as_array().size() == 1U);
    BOOST_TEST((d.post("/feeds/none/sync", "").refused->code == problem_code::not_found));
    BOOST_TEST(!d.remove("/feeds/f").refused);
    BOOST_TEST(d.count("SELECT count(*) FROM feed_sync_history") == 0);
}

BOOST_AUTO_TEST_CASE(a_feed_that_is_disabled_can_be_tested_only) {
    domain d;
    d.post("/feeds", http_feed);
    d.post("/feeds/f/disable", "");
    BOOST_TEST((d.post("/feeds/f/sync", "").refused->code == problem_code::conflict));
    BOOST_TEST(d.post("/feeds/f/test", "").text("/kind") == "test");
}

BOOST_AUTO_TEST_CASE(the_summary_tells_how_feeds_are) {
    domain d;
    const auto health = [&] { return d.get("/feeds/summary").text("/health"); };
    BOOST_TEST(health() == "healthy");
    d.post("/feeds", http_feed);
    d.post("/feeds", R"({"id":"g","name":"G","type":"http","url":"https://example.org/"})");
    BOOST_TEST(health() == "healthy");
    d.post("/feeds/g/disable", "");
    BOOST_TEST(health() == "warning");
    BOOST_TEST(d.get("/feeds/summary").at("/by_status/disabled").as_int64() == 1);
    d.write([](carrel::write_session& session) {
         return session.execute("UPDATE rule_feeds SET status = 2 WHERE id = 'f'");
     }).value();
    BOOST_TEST(health() == "error");
    BOOST_TEST(d.get("/feeds/summary").at("/total").as_int64() == 2);
}

BOOST_AUTO_TEST_CASE(a_secret_is_set_for_one_feed_at_a_time) {
    domain d;
    d.post("/feeds", http_feed);
    BOOST_TEST(
        d.post("/feeds/bulk", R"({"action":"patch","ids":["f"],"patch":{"auth_config":{"type":"bearer","token":"t"}}})")
            .faults() == "patch.auth_config");
    const auto kept = d.read([](carrel::read_session& session) {
                           return session.first<std::string>(carrel::read_sql("SELECT auth_config FROM rule_feeds"));
                       })
                          .value()
                          .value();
    BOOST_TEST(kept.starts_with("v1."));
    BOOST_TEST(!d.patch("/feeds/f", R"({"auth_config":null})").at("/has_auth").as_bool());
}

BOOST_AUTO_TEST_SUITE_END()
