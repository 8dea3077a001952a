// A database that an earlier version made.
#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::outcome;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(upgrades)

BOOST_AUTO_TEST_CASE(alerts_of_four_steps_are_counted_and_merged_after_the_fifth) {
    domain d(4);
    const auto insert = [&](const char* values) {
        const auto done = d.write([&](carrel::write_session& session) {
            return session.execute(carrel::write_sql::dynamic(
                std::string("INSERT INTO alerts(seq, id, version, created_at, updated_at, title, severity, status, "
                            "disposition, event_ids, tags, duplicate_count, last_seen, fingerprint) VALUES ") +
                values));
        });
        BOOST_TEST_REQUIRE(done.has_value());
    };
    insert("(1, 'a', 1, 1, 1, 't', 3, 0, 0, '[]', '[]', 0, 1, '')");
    insert("(2, 'b', 1, 2, 2, 't', 4, 3, 0, '[]', '[]', 0, 2, 'f')");
    insert("(3, 'c', 1, 3, 3, 't', 1, 7, 0, '[]', '[]', 0, 3, 'f')");
    insert("(4, 'd', 1, 4, 4, 't', 1, 0, 0, '[]', '[]', 0, 4, 'g')");
    BOOST_TEST_REQUIRE(d.write([](carrel::write_session& session) {
                            return session.execute("UPDATE text_indexed SET row = 2 WHERE name = 'alerts'");
                        }).has_value());
    d.upgrade();
    const auto stats = d.get("/alerts/stats");
    BOOST_TEST(stats.at("/total").as_int64() == 4);
    BOOST_TEST(stats.at("/by_status/pending").as_int64() == 2);
    BOOST_TEST(stats.at("/by_severity/low").as_int64() == 2);
    BOOST_TEST(d.count("SELECT sum(count) FROM alert_counts") == 2);
    BOOST_TEST(d.get("/alerts/a").at("/fingerprint").is_null());
    const auto post = [&](const char* body) { return d.post("/alerts", body).reply.kind; };
    BOOST_TEST((post(R"({"title":"t","severity":"low","fingerprint":""})") == outcome::created));
    BOOST_TEST((post(R"({"title":"t","severity":"low","fingerprint":"f"})") == outcome::created));
    BOOST_TEST((post(R"({"title":"t","severity":"low","fingerprint":"g"})") == outcome::ok));
    BOOST_TEST(d.get("/alerts/stats").at("/total").as_int64() == 6);
}

BOOST_AUTO_TEST_SUITE_END()
