// Indicators in the events that come in.
#include "siem/indicator_watch.hpp"

#include "support/domain.hpp"
#include "support/sealing.hpp"

#include <boost/test/unit_test.hpp>

using carrel::indicators::kind;
using carrel::siem::indicator_set;
using carrel::testing::domain;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(indicator_watch)

namespace {

indicator_set active(domain& d) {
    indicator_set made;
    std::int64_t after = 0;
    while (d.read([&](carrel::read_session& s) { return carrel::siem::add_active(s, after, made); }).value()) {
    }
    return made;
}

std::int64_t end_of(domain& d) { return d.read(carrel::siem::next_position).value(); }

void begin(domain& d) {
    const auto next = end_of(d);
    d.write([&](carrel::write_session& s) { return carrel::siem::keep_position(s, next); }).value();
}

// Until it is at the end, as the runner does it; how many steps it took.
int watch_all(domain& d, std::chrono::milliseconds time_max = 60'000ms) {
    const indicator_set known = active(d);
    for (int steps = 0;; ++steps) {
        const auto from = d.read(carrel::siem::watch_position).value().value();
        const auto step =
            d.read([&](carrel::read_session& s) { return carrel::siem::watch(s, known, from, time_max); }).value();
        if (step.next == step.from) return steps;
        BOOST_REQUIRE(
            d.write([&](carrel::write_session& s) { return carrel::siem::keep_watch(s, step, d.now); }).value());
    }
}

void add(domain& d, const std::string& id, const std::string& value, const std::string& more = {}) {
    BOOST_REQUIRE(!d.post("/iocs", R"({"id":")" + id + R"(","value":")" + value + "\"" + more + "}").refused);
}

std::string line(int second, const std::string& members) {
    return R"({"ts":)" + std::to_string(1'690'000'000 + second) + "," + members + "}\n";
}

std::int64_t hits(domain& d, const std::string& id) { return d.get("/iocs/" + id).at("/hit_count").as_int64(); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_set_holds_what_was_added_and_nothing_else) {
    indicator_set none;
    BOOST_TEST(!none.holds(kind::ip, "192.0.2.1"));
    indicator_set some(10);
    for (int i = 0; i < 5000; ++i) some.add(kind::domain, "host" + std::to_string(i) + ".example");
    for (int i = 0; i < 5000; ++i) some.add(kind::domain, "host" + std::to_string(i) + ".example");
    BOOST_TEST(some.size() == 5000u);
    for (int i = 0; i < 5000; ++i) BOOST_TEST(some.holds(kind::domain, "host" + std::to_string(i) + ".example"));
    BOOST_TEST(!some.holds(kind::filename, "host1.example"));
    BOOST_TEST(!some.holds(kind::domain, "host5000.example"));
    BOOST_TEST(some.bytes() <= 5000u * 32);
    indicator_set many(1'000'000);
    BOOST_TEST(many.bytes() == std::size_t{1} << 24);
}

BOOST_AUTO_TEST_CASE(networks_match_their_addresses) {
    indicator_set known;
    known.add(kind::cidr, "198.51.100.0/24");
    known.add(kind::cidr, "10.0.0.0/8");
    known.add(kind::cidr, "2001:db8::/32");
    carrel::indicators::lookup by;
    std::string scratch;
    const auto found = [&](std::string_view value) {
        std::string all;
        known.match(by, scratch, value, [&](kind, std::string_view text) { all.append(text).append(" "); });
        return all;
    };
    BOOST_TEST(found("198.51.100.9") == "198.51.100.0/24 ");
    BOOST_TEST(found("http://198.51.100.9/x") == "198.51.100.0/24 ");
    BOOST_TEST(found("::ffff:10.1.2.3") == "10.0.0.0/8 ");
    BOOST_TEST(found("2001:db8:1::1") == "2001:db8::/32 ");
    BOOST_TEST(found("198.51.101.9") == "");
    BOOST_TEST(found("2001:db9::1") == "");
    BOOST_TEST(found("word") == "");
}

BOOST_AUTO_TEST_CASE(hits_are_counted_and_matches_kept) {
    domain d;
    d.ingest_lines(line(0, R"("h":"evil.example")"));  // before it began
    add(d, "i", "evil.example");
    add(d, "j", "192.0.2.1", R"(,"last_seen":"2030-01-01T00:00:00Z")");
    begin(d);
    d.ingest_lines(line(5, R"("h":"EVIL.example","u":"http://evil.example/a")") + line(3, R"("h":"evil.example")") +
                   line(4, R"("a":["192.0.2.1"],"b":"none")"));
    BOOST_TEST(watch_all(d) == 1);
    const auto one = d.get("/iocs/i");
    BOOST_TEST(one.at("/hit_count") == 3);
    BOOST_TEST(one.text("/first_seen") == carrel::siem::format_time(1'690'000'003'000'000));
    BOOST_TEST(one.text("/last_seen") == carrel::siem::format_time(1'690'000'005'000'000));
    BOOST_TEST(one.reply.version == 2);
    BOOST_TEST(d.get("/iocs/j").text("/last_seen") == "2030-01-01T00:00:00.000000Z");
    const auto matches = d.get("/iocs/i/matches");
    BOOST_TEST(matches.at("/items").as_array().size() == 3u);
    BOOST_TEST(matches.at("/items/0/hunt_id").is_null());
    const auto event = matches.text("/items/0/event_id");
    BOOST_TEST(!d.get("/events/" + event).refused.has_value());
    BOOST_TEST(watch_all(d) == 0);
    BOOST_TEST(hits(d, "i") == 3);
}

BOOST_AUTO_TEST_CASE(only_what_is_active_is_looked_for_and_changes_are_told) {
    domain d;
    const auto stamp = [&] { return d.read(carrel::siem::indicator_stamp).value(); };
    const auto first = stamp();
    add(d, "w", "white.example", R"(,"status":"whitelist")");
    BOOST_TEST(stamp() == first);
    BOOST_TEST(active(d).size() == 0u);
    add(d, "i", "evil.example");
    BOOST_TEST(stamp() == first + 1);
    d.patch("/iocs/i", R"({"severity":"high"})");
    BOOST_TEST(stamp() == first + 1);
    d.patch("/iocs/i", R"({"value":"other.example"})");
    BOOST_TEST(stamp() == first + 2);
    d.patch("/iocs/i", R"({"status":"archived"})");
    BOOST_TEST(stamp() == first + 2);
    d.patch("/iocs/w", R"({"status":"active"})");
    BOOST_TEST(stamp() == first + 3);
    const auto known = active(d);
    BOOST_TEST(known.holds(kind::domain, "white.example"));
    BOOST_TEST(!known.holds(kind::domain, "other.example"));
}

// The set may be older than what the writer knows.
BOOST_AUTO_TEST_CASE(what_is_not_active_any_more_has_no_hits) {
    domain d;
    add(d, "i", "evil.example");
    add(d, "j", "gone.example");
    begin(d);
    const auto known = active(d);
    const auto from = end_of(d);
    d.ingest_lines(line(1, R"("h":"evil.example","g":"gone.example")"));
    const auto step =
        d.read([&](carrel::read_session& s) { return carrel::siem::watch(s, known, from, 60'000ms); }).value();
    BOOST_TEST(step.hits.size() == 2u);
    d.patch("/iocs/i", R"({"status":"archived"})");
    d.remove("/iocs/j");
    const auto keep = [&] {
        return d.write([&](carrel::write_session& s) { return carrel::siem::keep_watch(s, step, d.now); }).value();
    };
    BOOST_TEST(keep());
    BOOST_TEST(hits(d, "i") == 0);
    BOOST_TEST(d.count("SELECT count(*) FROM ioc_matches") == 0);
    BOOST_TEST(!keep());  // it counts once
}

BOOST_AUTO_TEST_CASE(each_event_counts_once_whatever_happens_to_its_segment) {
    domain d;
    add(d, "i", "evil.example");
    begin(d);
    for (int i = 0; i < 70; ++i) d.ingest_lines(line(i, R"("h":"evil.example")"));
    const indicator_set known = active(d);
    for (int i = 0; i < 3; ++i) {
        const auto from = d.read(carrel::siem::watch_position).value().value();
        const auto step =
            d.read([&](carrel::read_session& s) { return carrel::siem::watch(s, known, from, 0ms); }).value();
        BOOST_REQUIRE(
            d.write([&](carrel::write_session& s) { return carrel::siem::keep_watch(s, step, d.now); }).value());
    }
    BOOST_TEST(hits(d, "i") == 3);
    BOOST_TEST(carrel::testing::seal_all(d) > 0);
    watch_all(d, 0ms);
    BOOST_TEST(hits(d, "i") == 70);
}

BOOST_AUTO_TEST_CASE(matches_beyond_the_bound_are_counted_and_not_kept) {
    domain d;
    add(d, "i", "evil.example");
    begin(d);
    for (int part = 0; part < 12; ++part) {
        std::string lines;
        for (int i = 0; i < 500; ++i) lines += line(i, R"("h":"evil.example")");
        d.ingest_lines(lines);
    }
    watch_all(d, 0ms);
    BOOST_TEST(hits(d, "i") == 6000);
    BOOST_TEST(d.count("SELECT count(*) FROM ioc_matches") == 200);  // 100 a step while fewer than 1,000 were counted
}

BOOST_AUTO_TEST_SUITE_END()
