// What waits for somebody: feeds that fail, and dead letters.
#include "siem/console/trouble_census.hpp"
#include "siem/listeners/dead_letters.hpp"
#include "support/plans.hpp"

#include <boost/test/unit_test.hpp>

using namespace carrel::siem;
using carrel::testing::domain;

namespace {

trouble_census census_of(domain& d) { return d.read(count_troubles).value(); }

void execute(domain& d, const std::string& sql) {
    d.write([&](carrel::write_session& session) { return session.execute(carrel::write_sql::dynamic(sql)); }).value();
}

// What the thread of feeds leaves of a synchronisation (or a test of one) that has ended.
void end_sync(domain& d, const std::string& feed, bool has_succeeded, bool is_test = false) {
    const auto begun = d.post("/feeds/" + feed + (is_test ? "/test" : "/sync"), "");
    BOOST_REQUIRE(!begun.refused);
    execute(d, std::string("UPDATE feed_sync_history SET state = ") + (has_succeeded ? "2" : "3") + " WHERE state < 2");
    if (is_test) return;
    execute(d, std::string("UPDATE rule_feeds SET ") +
                   (has_succeeded ? "status = 0, last_error = NULL" : "status = 2, last_error = 'gone'") +
                   " WHERE id = '" + feed + "'");
}

void add_feed(domain& d, const std::string& id) {
    BOOST_REQUIRE(!d.post("/feeds", R"({"id":")" + id + R"(","name":")" + id +
                                        R"(","type":"http","url":"https://example.org/rules.zip"})")
                       .refused);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trouble_census_)

BOOST_AUTO_TEST_CASE(there_is_an_entry_for_each_kind_of_feed_and_nothing_else_at_first) {
    domain d;
    const auto found = census_of(d);
    BOOST_REQUIRE(found.feeds.size() == 2u);
    BOOST_TEST(found.feeds[0].kind == "rule_feed");
    BOOST_TEST(found.feeds[1].kind == "ioc_feed");
    for (const auto& each : found.feeds) {
        BOOST_TEST(each.failing == 0);
        BOOST_TEST(each.consecutive_failures == 0);
    }
    BOOST_TEST(found.listeners_failing == 0);
    BOOST_TEST(found.letters_pending == 0);
}

BOOST_AUTO_TEST_CASE(listeners_in_error_are_counted) {
    domain d;
    for (const char* port : {"1514", "1515", "1516"})
        BOOST_REQUIRE(
            !d.post("/listeners", R"({"name":"l","type":"syslog","protocol":"udp","host":"127.0.0.1","port":)" +
                                      std::string(port) + "}")
                 .refused);
    execute(d, "UPDATE listeners SET status = 3 WHERE port < 1516");
    execute(d, "UPDATE listeners SET status = 2 WHERE port = 1516");
    BOOST_TEST(census_of(d).listeners_failing == 2);
}

BOOST_AUTO_TEST_CASE(failures_count_from_the_last_success_on_and_those_of_the_worst_feed) {
    domain d;
    add_feed(d, "a");
    add_feed(d, "b");
    end_sync(d, "a", false);
    end_sync(d, "a", true);
    BOOST_TEST(census_of(d).feeds[0].failing == 0);
    BOOST_TEST(census_of(d).feeds[0].consecutive_failures == 0);
    end_sync(d, "a", false);
    end_sync(d, "b", false);
    for (int i = 0; i < 3; ++i) end_sync(d, "b", false);
    BOOST_TEST(census_of(d).feeds[0].failing == 2);
    BOOST_TEST(census_of(d).feeds[0].consecutive_failures == 4);
    BOOST_TEST(census_of(d).feeds[1].failing == 0);
    end_sync(d, "b", true);
    BOOST_TEST(census_of(d).feeds[0].failing == 1);
    BOOST_TEST(census_of(d).feeds[0].consecutive_failures == 1);
}

BOOST_AUTO_TEST_CASE(a_test_of_a_feed_neither_counts_nor_makes_good) {
    domain d;
    add_feed(d, "a");
    end_sync(d, "a", false);
    end_sync(d, "a", false, true);
    BOOST_TEST(census_of(d).feeds[0].consecutive_failures == 1);
    end_sync(d, "a", true, true);
    BOOST_TEST(census_of(d).feeds[0].consecutive_failures == 1);
}

BOOST_AUTO_TEST_CASE(a_feed_that_is_read_again_still_fails_and_one_that_is_switched_off_does_not) {
    domain d;
    add_feed(d, "a");
    end_sync(d, "a", false);
    execute(d, "UPDATE rule_feeds SET status = 3");
    BOOST_TEST(census_of(d).feeds[0].failing == 1);
    execute(d, "UPDATE rule_feeds SET status = 2");
    BOOST_TEST(!d.post("/feeds/a/disable", "").refused);
    BOOST_TEST(census_of(d).feeds[0].failing == 0);
    BOOST_TEST(!d.remove("/feeds/a").refused);
    BOOST_TEST(census_of(d).feeds[0].failing == 0);
}

BOOST_AUTO_TEST_CASE(dead_letters_count_until_somebody_has_dealt_with_them) {
    domain d;
    const auto add = [&](int count) {
        std::vector<dead_letter> letters(static_cast<std::size_t>(count));
        for (auto& each : letters) {
            each.reason = "not JSON";
            each.raw = "x";
            each.received_at = 1'600'000'000'000'000;
        }
        d.write([&](carrel::write_session& session) { return add_dead_letters(session, letters); }).value();
    };
    add(3);
    BOOST_TEST(census_of(d).letters_pending == 3);
    BOOST_TEST(!d.post("/dlq/discard", R"({"filter":{"reason":"not JSON"},"limit":2})").refused);
    BOOST_TEST(census_of(d).letters_pending == 1);
    add(trouble_census::letters_max);
    BOOST_TEST(census_of(d).letters_pending == trouble_census::letters_max + 1);
    add(10);
    BOOST_TEST(census_of(d).letters_pending == trouble_census::letters_max + 1);
}

BOOST_AUTO_TEST_SUITE_END()
