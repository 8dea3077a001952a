// Segments put together in the background, and rows of an earlier version moved into segments: nobody sees a difference.
#include "siem/event_sealing.hpp"

#include "support/domain.hpp"
#include "support/sealing.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

using carrel::siem::sealed_run;
using carrel::testing::domain;
using carrel::testing::replace;
using carrel::testing::seal_all;
using carrel::testing::seal_work;

BOOST_AUTO_TEST_SUITE(sealing)

namespace {

std::string lines(int from, int count) {
    std::string all;
    for (int i = from; i < from + count; ++i)
        all += R"({"ts":)" + std::to_string(1'600'000'000 + i * 7919 % 10'007) + R"(,"host":"h)" +
               std::to_string(i % 7) + R"(","n":)" + std::to_string(i) + R"(,"word":"w)" + std::to_string(i % 50) +
               "\"}\n";
    return all;
}

std::optional<sealed_run> run_of(domain& d) { return d.read(carrel::siem::seal_segments).value(); }

// All pages of a list, as they are answered.
std::string everything(domain& d, domain::query wanted) {
    std::string all, cursor;
    wanted.emplace_back("limit", "97");
    do {
        auto page_of = wanted;
        if (!cursor.empty()) page_of.emplace_back("cursor", cursor);
        const auto page = d.get("/events", page_of).json();
        for (const auto& item : page.at("items").as_array()) all += boost::json::serialize(item) + "\n";
        cursor = page.at("next").is_null() ? "" : std::string(page.at("next").as_string());
    } while (!cursor.empty());
    return all;
}

// What a client can see of all events.
std::string view_of(domain& d) {
    std::string all = everything(d, {}) + everything(d, {{"sort", "timestamp"}});
    all += everything(d, {{"q", "w7"}}) + everything(d, {{"host", "h3"}}) + everything(d, {{"field.n", "12"}});
    all += everything(d, {{"from", "2020-09-13T13:00:00Z"}, {"to", "2020-09-13T14:00:00Z"}});
    for (const domain::query& wanted : {domain::query{}, {{"q", "w7"}}, {{"host", "h3"}, {"host", "h4"}}})
        all += d.get("/events/count", wanted).reply.body;
    return all + d.get("/events/histogram", {{"interval", "1h"}}).reply.body;
}

std::int64_t segments(domain& d) { return d.count("SELECT count(*) FROM event_segments"); }

}  // namespace

BOOST_AUTO_TEST_CASE(small_segments_are_put_together_and_nobody_sees_it) {
    domain d;
    for (int i = 0; i < 200; ++i) d.ingest_lines(lines(i, 1));
    const std::string before = view_of(d);
    BOOST_TEST(segments(d) == 200);
    BOOST_TEST(seal_all(d) == 1);
    BOOST_TEST(segments(d) == 1);
    BOOST_TEST(view_of(d) == before);
}

BOOST_AUTO_TEST_CASE(a_full_run_is_sealed_and_the_rest_stays_fresh) {
    domain d;
    for (int i = 0; i < 12; ++i) d.ingest_lines(lines(i * 800, 800));
    const std::string before = view_of(d);
    BOOST_TEST(seal_all(d) == 2);
    BOOST_TEST(d.count("SELECT count(*) FROM event_segments WHERE sealed = 1") == 2);
    BOOST_TEST(d.count("SELECT sum(events) FROM event_segments") == 9'600);
    BOOST_TEST(d.count("SELECT sum(events) FROM event_segments WHERE sealed = 1") == 8'192);
    BOOST_TEST(view_of(d) == before);
}

BOOST_AUTO_TEST_CASE(few_small_segments_are_left_alone) {
    domain d;
    for (int i = 0; i < 15; ++i) d.ingest_lines(lines(i * 100, 100));
    BOOST_TEST(seal_all(d) == 0);
    BOOST_TEST(segments(d) == 15);
}

// The first and the last position of each segment, in the order of their numbers.
namespace {
std::vector<std::tuple<std::int64_t, std::int64_t>> places(domain& d) {
    return d
        .read([](carrel::read_session& session) {
            return session.all<std::tuple<std::int64_t, std::int64_t>>(
                "SELECT first, last FROM segment_positions ORDER BY segment");
        })
        .value();
}
}  // namespace

BOOST_AUTO_TEST_CASE(only_neighbours_are_put_together) {
    domain d;
    std::mt19937 random(3);
    for (int i = 0, next = 0; i < 400; ++i) {
        const int count =
            random() % 9 == 0 ? 100 + static_cast<int>(random() % 1500) : 1 + static_cast<int>(random() % 5);
        d.ingest_lines(lines(next, count));
        next += count;
        if (i % 30 == 0) seal_all(d);
    }
    seal_all(d);
    std::int64_t before = 0;
    for (const auto& [first, last] : places(d)) {
        BOOST_TEST(first == before + 1);
        before = last;
    }
    BOOST_TEST(d.count("SELECT sum(events) FROM event_segments") == before);
    BOOST_TEST(d.count("SELECT count(*) FROM segment_positions") == segments(d));
}

BOOST_AUTO_TEST_CASE(events_that_come_one_by_one_are_written_again_three_times) {
    domain d;
    constexpr int events = 10'000;
    std::int64_t written = 0, most = 0;
    for (int i = 0; i < events; ++i) {
        d.ingest_lines(lines(i, 1));
        written += seal_work(d).events;
        most = std::max(most, segments(d));
    }
    BOOST_TEST(written <= 3.2 * events);
    BOOST_TEST(most <= 150);
}

BOOST_AUTO_TEST_CASE(segments_before_a_sealed_one_are_sealed_too) {
    domain d;
    d.ingest_lines(lines(0, 10));
    d.ingest_lines(lines(10, 20));
    d.ingest_lines(lines(30, 500));
    const auto enclosed = d.write([](carrel::write_session& session) {
        return session.execute("UPDATE event_segments SET sealed = 1 WHERE seq = 3");
    });
    BOOST_REQUIRE(enclosed.has_value());
    d.ingest_lines(lines(530, 10));
    const std::string before = view_of(d);
    BOOST_TEST(seal_all(d) == 1);
    BOOST_TEST(d.count("SELECT count(*) FROM event_segments WHERE sealed = 1") == 2);
    BOOST_TEST(segments(d) == 3);
    BOOST_TEST(view_of(d) == before);
}

BOOST_AUTO_TEST_CASE(a_run_whose_segments_have_gone_is_dropped_whole) {
    domain d;
    for (int i = 0; i < 64; ++i) d.ingest_lines(lines(i, 1));
    const auto run = run_of(d);
    BOOST_REQUIRE(run.has_value());
    BOOST_TEST(run->events == 64);
    const auto gone = d.write(
        [](carrel::write_session& session) { return session.execute("DELETE FROM event_segments WHERE seq = 40"); });
    BOOST_REQUIRE(gone.has_value());
    BOOST_TEST(!replace(d, *run));
    BOOST_TEST(d.get("/events/count").at("/count").as_int64() == 63);
    BOOST_TEST(segments(d) == 63);
}

BOOST_AUTO_TEST_CASE(rows_of_an_earlier_version_are_read_and_moved_and_nobody_sees_it) {
    domain d(5);
    const auto filled = d.write([](carrel::write_session& session) -> carrel::result<void> {
        carrel::siem::uuid_generator ids;
        auto row = session.prepare(carrel::write_sql(
            "INSERT INTO events(id, timestamp, received_at, source, host, channel, event_code, severity, fields) "
            "VALUES (?, ?, 5, 's', ?, NULL, '1', 'low', ?)"));
        if (!row) return row.error();
        for (int i = 0; i < 6'000; ++i) {
            const std::string id = ids(), host = "h" + std::to_string(i % 7);
            const std::string fields = R"({"host":")" + host + R"(","n":)" + std::to_string(i) + R"(,"word":"w)" +
                                       std::to_string(i % 50) + "\"}";
            const std::int64_t at = (1'600'000'000 + i * 7919 % 10'007) * std::int64_t{1'000'000};
            if (auto done = row->bind(id, at, host, fields).run(); !done) return done;
        }
        return {};
    });
    BOOST_REQUIRE(filled.has_value());
    d.upgrade();
    d.ingest_lines(lines(6'000, 500));
    const std::string before = view_of(d);
    BOOST_TEST(d.get("/events/count").at("/count").as_int64() == 6'500);
    int runs = 0;
    for (;; ++runs) {
        const auto run = d.read(carrel::siem::seal_rows).value();
        if (!run) break;
        BOOST_REQUIRE(replace(d, *run));
        BOOST_TEST(view_of(d) == before);
    }
    BOOST_TEST(runs == 2);
    BOOST_TEST(d.count("SELECT count(*) FROM events") == 0);
}

BOOST_AUTO_TEST_CASE(a_segment_that_is_damaged_is_an_error_and_never_an_answer) {
    domain d;
    d.ingest_lines(lines(0, 100));
    const auto hurt = d.write([](carrel::write_session& session) {
        return session.execute("UPDATE event_segments SET columns = substr(columns, 1, 60)");
    });
    BOOST_REQUIRE(hurt.has_value());
    BOOST_CHECK_EXCEPTION(d.get("/events"), std::runtime_error, [](const std::runtime_error& what) {
        return std::string_view(what.what()).find("segment 1 of the events is damaged") != std::string_view::npos;
    });
    BOOST_CHECK_THROW(d.get("/events/count", {{"q", "w7"}}), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
