// Counts that are answered by the summaries of segments are those that a scan finds.
#include "support/domain.hpp"
#include "support/sealing.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(event_summaries)

namespace {

constexpr int first_second = 1'600'000'000;

std::string host_of(int i) { return "h" + std::to_string(i * 7919 % 307); }
std::string code_of(int i) { return std::to_string(4600 + i % 11); }
std::string member_of(int i) { return i % 900 == 0 ? "rare" + std::to_string(i) : "common"; }
int second_of(int i) { return first_second + i / 3; }

std::string lines(int from, int count) {
    std::string all;
    for (int i = from; i < from + count; ++i) {
        all += R"({"ts":)" + std::to_string(second_of(i)) + R"(,"EventID":)" + code_of(i);
        if (i % 5 != 0) all += R"(,"host":")" + host_of(i) + '"';
        all += ",\"" + member_of(i) + "\":\"x" + std::to_string(i) + "\"}\n";
    }
    return all;
}

constexpr int events = 10'000;

// Sealed segments, fresh ones of several sizes.
void fill(domain& d) {
    for (int from = 0; from < events - 500; from += 500) d.ingest_lines(lines(from, 500));
    carrel::testing::seal_all(d);
    for (int from = events - 500; from < events; from += 50) d.ingest_lines(lines(from, 50));
    BOOST_REQUIRE(d.count("SELECT count(*) FROM event_segments WHERE sealed = 1") >= 2);
    BOOST_REQUIRE(d.count("SELECT count(*) FROM event_segments WHERE sealed = 0") >= 10);
}

template <class Passes>
std::int64_t counted(const Passes& passes) {
    std::int64_t all = 0;
    for (int i = 0; i < events; ++i) all += passes(i);
    return all;
}

std::int64_t count(domain& d, const domain::query& wanted) {
    return d.get("/events/count", wanted).at("/count").as_int64();
}

std::string time_of(int second) { return carrel::siem::format_time(std::int64_t{second} * 1'000'000); }

// Takes away what a scan needs, so that an answer comes from the summaries or is an error.
void lose(domain& d, const char* change) {
    const auto done =
        d.write([&](carrel::write_session& session) { return session.execute(carrel::write_sql::dynamic(change)); });
    BOOST_REQUIRE(done.has_value());
}

}  // namespace

BOOST_AUTO_TEST_CASE(counts_are_those_of_a_scan) {
    domain d;
    fill(d);
    const auto has_host = [](int i) { return i % 5 != 0; };
    for (const int n : {1, 2, 306}) {
        const std::string host = "h" + std::to_string(n);
        const auto is_host = [&](int i) { return has_host(i) && host_of(i) == host; };
        BOOST_TEST(count(d, {{"host", host}}) == counted(is_host));
        BOOST_TEST(count(d, {{"host", host}, {"host", "h5"}}) ==
                   counted([&](int i) { return is_host(i) || (has_host(i) && host_of(i) == "h5"); }));
        BOOST_TEST(count(d, {{"host", host}, {"event_code", "4603"}}) ==
                   counted([&](int i) { return is_host(i) && code_of(i) == "4603"; }));
        for (const int second : {first_second, first_second + 700, first_second + 2'900})
            BOOST_TEST(
                count(d, {{"host", host}, {"from", time_of(second)}, {"to", time_of(second + 333)}}) ==
                counted([&](int i) { return is_host(i) && second_of(i) >= second && second_of(i) < second + 333; }));
    }
    BOOST_TEST(count(d, {{"host", "nowhere"}}) == 0);
    BOOST_TEST(count(d, {{"host", "h1"}, {"event_code", "1"}}) == 0);
    BOOST_TEST(count(d, {{"q", "rare900:x900"}}) == 1);
    BOOST_TEST(count(d, {{"q", "rare900:*"}}) == 1);
    BOOST_TEST(count(d, {{"field.rare1800", "x1800"}}) == 1);
    BOOST_TEST(count(d, {{"q", "x4321"}}) == 1);
    BOOST_TEST(count(d, {{"q", "x4321 OR rare1800:*"}}) == 2);
}

BOOST_AUTO_TEST_CASE(values_are_those_of_a_scan) {
    domain d;
    fill(d);
    std::map<std::string, std::int64_t> all, of_code;
    for (int i = 0; i < events; ++i) {
        if (i % 5 == 0) continue;
        ++all[host_of(i)];
        if (code_of(i) == "4604") ++of_code[host_of(i)];
    }
    const auto listed = [&](domain::query wanted) {
        wanted.insert(wanted.end(), {{"field", "host"}, {"limit", "1000"}});
        std::map<std::string, std::int64_t> found;
        const auto answered = d.get("/events/values", wanted).json();
        for (const auto& each : answered.at("items").as_array())
            found.emplace(each.at("value").as_string(), each.at("count").as_int64());
        return found;
    };
    BOOST_TEST((listed({}) == all));
    BOOST_TEST((listed({{"event_code", "4604"}}) == of_code));
    BOOST_TEST((listed({{"host", "h7"}, {"host", "h8"}}) ==
                std::map<std::string, std::int64_t>{{"h7", all.at("h7")}, {"h8", all.at("h8")}}));
}

BOOST_AUTO_TEST_CASE(one_column_is_counted_without_reading_columns_or_events) {
    domain d;
    fill(d);
    const domain::query one = {{"host", "h7"}}, several = {{"host", "h7"}, {"event_code", "4603"}};
    const std::int64_t before = count(d, one);
    const std::string top = d.get("/events/top", {{"field", "host"}}).reply.body;
    const std::string days = d.get("/events/histogram", {{"interval", "1y"}, {"host", "h7"}}).reply.body;
    lose(d, "UPDATE event_segments SET columns = x'', data = x'', filter = x''");
    BOOST_TEST(count(d, one) == before);
    BOOST_TEST(d.get("/events/top", {{"field", "host"}}).reply.body == top);
    BOOST_TEST(d.get("/events/histogram", {{"interval", "1y"}, {"host", "h7"}}).reply.body == days);
    BOOST_TEST(count(d, {{"host", "nowhere"}, {"event_code", "4603"}}) == 0);
    BOOST_TEST(d.get("/events", {{"event_code", "nowhere"}}).at("/items").as_array().empty());
    BOOST_CHECK_THROW(count(d, several), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_field_that_is_nowhere_is_denied_by_summaries_alone) {
    domain d;
    fill(d);
    lose(d, "UPDATE event_segments SET columns = x'', data = x'', filter = x''");
    int denied = 0;
    for (int i = 0; i < 50; ++i) try {
            const auto page = d.get("/events", {{"q", "nowhere" + std::to_string(i) + ":1"}});
            denied += page.at("/items").as_array().empty();
        } catch (const std::runtime_error&) {  // one in a hundred segments is wrong about a path
        }
    BOOST_TEST(denied > 25);
    BOOST_CHECK_THROW(d.get("/events", {{"q", "EventID:1"}}), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(damaged_paths_deny_nothing_and_damaged_texts_are_an_error) {
    domain d;
    fill(d);
    lose(d, "UPDATE segment_summaries SET paths = x''");
    BOOST_TEST(count(d, {{"q", "nowhere:1"}}) == 0);
    BOOST_TEST(count(d, {{"q", "rare900:x900"}}) == 1);
    lose(d, "UPDATE segment_summaries SET texts = substr(texts, 1, length(texts) - 1)");
    BOOST_CHECK_EXCEPTION(count(d, {{"host", "h1"}}), std::runtime_error, [](const std::runtime_error& what) {
        return std::string_view(what.what()).find("of the events is damaged") != std::string_view::npos;
    });
    BOOST_CHECK_THROW(d.get("/events"), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
