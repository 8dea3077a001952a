// Events in the order in which they were committed: positions, and the feed that tells them.
#include "segments/position_list.hpp"
#include "siem/event_sealing.hpp"

#include "support/domain.hpp"
#include "support/sealing.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using carrel::segments::pack_positions;
using carrel::segments::unpack_positions;
using carrel::testing::domain;
using carrel::testing::seal_all;

BOOST_AUTO_TEST_SUITE(event_feed)

namespace {

std::string numbered(int from, int count, std::string_view more = {}) {
    std::string all;
    for (int i = from; i < from + count; ++i)
        all += R"({"ts":)" + std::to_string(1'600'000'000 + i * 7919 % 10'007) + R"(,"n":)" + std::to_string(i) +
               std::string(more) + "}\n";
    return all;
}

// The numbers of the events that a follower gets until there are none.
std::vector<std::int64_t> follow(domain& d, std::string& cursor, domain::query wanted = {}) {
    std::vector<std::int64_t> got;
    for (;;) {
        auto page_of = wanted;
        if (!cursor.empty()) page_of.emplace_back("after", cursor);
        const auto page = d.get("/events/feed", page_of).json();
        cursor = page.at("next").as_string().c_str();
        if (page.at("items").as_array().empty()) return got;
        for (const auto& item : page.at("items").as_array()) got.push_back(item.at_pointer("/fields/n").as_int64());
    }
}

std::vector<std::int64_t> range(std::int64_t from, std::int64_t count) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back(from + i);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(positions_are_what_they_were_when_they_are_read_again) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::int64_t> positions;
        std::int64_t at = 1 + static_cast<std::int64_t>(random() % 1'000'000);
        const std::uint64_t step = round % 4 == 0 ? 1 : std::uint64_t{1} << random() % 40;
        for (std::size_t i = 0; i < 1 + random() % 500; ++i)
            positions.push_back(at += 1 + static_cast<std::int64_t>(random() % step));
        const auto packed = pack_positions(positions);
        BOOST_TEST((unpack_positions(packed.first, packed.last, packed.gaps, positions.size()) == positions));
        BOOST_TEST(packed.gaps.empty() ==
                   (packed.last - packed.first + 1 == static_cast<std::int64_t>(positions.size())));
        if (packed.gaps.empty()) continue;
        BOOST_TEST(!unpack_positions(packed.first, packed.last, packed.gaps, positions.size() + 1).has_value());
        auto hurt = packed.gaps;
        hurt[random() % hurt.size()] ^= 4;
        BOOST_TEST(!unpack_positions(packed.first, packed.last, hurt, positions.size()).has_value());
    }
    BOOST_TEST(!unpack_positions(5, 9, {}, 4).has_value());
    BOOST_TEST(!unpack_positions(0, 3, {}, 4).has_value());
    BOOST_TEST(!unpack_positions(9, 5, {}, 4).has_value());
}

BOOST_AUTO_TEST_CASE(a_follower_is_told_each_event_once_and_in_order_whatever_is_sealed_meanwhile) {
    domain d;
    std::string slow, quick;
    std::vector<std::int64_t> got, got_quick;
    int next = 0;
    for (int round = 0; round < 40; ++round) {
        const int count = round % 5 == 0 ? 700 : 3;
        d.ingest_lines(numbered(next, count));
        next += count;
        for (const auto n : follow(d, quick, {{"limit", "1000"}})) got_quick.push_back(n);
        if (round % 7 == 6) seal_all(d);
        const auto page = d.get("/events/feed", slow.empty() ? domain::query{} : domain::query{{"after", slow}}).json();
        slow = page.at("next").as_string().c_str();
        for (const auto& item : page.at("items").as_array()) got.push_back(item.at_pointer("/fields/n").as_int64());
    }
    for (const auto n : follow(d, slow, {{"limit", "1000"}})) got.push_back(n);
    BOOST_TEST(got == range(0, next));
    BOOST_TEST(got_quick == range(0, next));
}

BOOST_AUTO_TEST_CASE(a_cursor_at_the_end_goes_on_with_what_comes_later) {
    domain d;
    std::string cursor = d.get("/events/feed", {{"after", "end"}}).text("/next");
    d.ingest_lines(numbered(0, 3));
    BOOST_TEST(follow(d, cursor) == range(0, 3));
    const std::string end = d.get("/events/feed", {{"after", "end"}}).text("/next");
    BOOST_TEST(end == cursor);
    BOOST_TEST(follow(d, cursor).empty());
    d.ingest_lines(numbered(3, 2));
    BOOST_TEST(follow(d, cursor) == range(3, 2));
}

BOOST_AUTO_TEST_CASE(filters_and_queries_choose_what_a_follower_is_told) {
    domain d;
    d.ingest_lines(numbered(0, 100, R"(,"host":"a")") + numbered(100, 100, R"(,"host":"b","w":"needle")"));
    std::string cursor;
    BOOST_TEST(follow(d, cursor, {{"host", "b"}}) == range(100, 100));
    cursor.clear();
    BOOST_TEST(follow(d, cursor, {{"q", "needle"}, {"limit", "7"}}) == range(100, 100));
    cursor.clear();
    BOOST_TEST(follow(d, cursor, {{"field.n", "12"}}) == range(12, 1));
    cursor.clear();
    BOOST_TEST(follow(d, cursor, {{"q", "nowhere"}}).empty());
    d.ingest_lines(numbered(200, 1));
    BOOST_TEST(follow(d, cursor) == range(200, 1));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_feeds_parameters_is_named) {
    domain d;
    d.ingest_lines(numbered(0, 3));
    const std::string cursor = d.get("/events/feed").text("/next");
    const auto faults = [&](const domain::query& wanted) { return d.get("/events/feed", wanted).faults(); };
    BOOST_TEST(faults({{"after", cursor.substr(1)}}) == "after");
    BOOST_TEST(faults({{"after", cursor.substr(0, cursor.size() - 1)}}) == "after");
    BOOST_TEST(faults({{"after", "now"}}) == "after");
    BOOST_TEST(faults({{"wait_ms", "30001"}}) == "wait_ms");
    BOOST_TEST(faults({{"wait_ms", "-1"}}) == "wait_ms");
    BOOST_TEST(faults({{"limit", "0"}}) == "limit");
    BOOST_TEST(faults({{"sort", "timestamp"}}) == "sort");
    BOOST_TEST(faults({{"q", "("}}) == "q");
    domain other;
    BOOST_TEST(other.get("/events/feed", {{"after", cursor}}).faults() == "after");  // ahead of all it has
}

BOOST_AUTO_TEST_CASE(a_file_of_version_six_gets_positions_in_the_order_of_its_segments) {
    domain d(6);
    const auto filled = d.write([](carrel::write_session& session) {
        return session.execute(
            "INSERT INTO event_segments(seq, sealed, events, bytes, from_at, to_at, from_id, to_id, "
            "columns, filter, data) VALUES (3, 0, 5, 0, 0, 0, x'00', x'00', x'', x'', x''), "
            "(7, 1, 2, 0, 0, 0, x'00', x'00', x'', x'', x'')");
    });
    BOOST_REQUIRE(filled.has_value());
    d.upgrade();
    BOOST_TEST(d.count("SELECT first * 100 + last FROM segment_positions WHERE segment = 3") == 105);
    BOOST_TEST(d.count("SELECT first * 100 + last FROM segment_positions WHERE segment = 7") == 607);
    BOOST_TEST(d.count("SELECT next FROM event_sequence") == 8);
}

BOOST_AUTO_TEST_SUITE_END()
