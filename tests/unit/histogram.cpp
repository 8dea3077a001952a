#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::problem_code;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(histogram)

namespace {

constexpr const char* three = R"({"time":"2020-01-01T00:59:59.9Z","host":"a"}
{"time":"2020-01-01T01:00:00Z","host":"b"}
{"time":"2020-01-01T03:30:00Z","host":"a"}
)";

// Starts, cut to the hour, with counts.
std::string buckets(domain& d, domain::query wanted) {
    const auto got = d.get("/events/histogram", wanted);
    if (got.refused) return "refused: " + got.faults();
    std::string list;
    const auto answered = got.json();
    for (const auto& item : answered.at("items").as_array())
        list += std::string(item.at("start").as_string()).substr(5, 11) + "=" +
                std::to_string(item.at("count").as_int64()) + " ";
    return list;
}

}  // namespace

BOOST_AUTO_TEST_CASE(buckets_run_from_the_first_event_to_the_last_without_a_gap) {
    domain d;
    d.ingest_lines(three);
    BOOST_TEST(buckets(d, {{"interval", "1h"}}) == "01-01T00:00=1 01-01T01:00=1 01-01T02:00=0 01-01T03:00=1 ");
    BOOST_TEST(buckets(d, {{"interval", "1d"}}) == "01-01T00:00=3 ");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"host", "b"}}) == "01-01T01:00=1 ");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"host", "none"}}) == "");
    BOOST_TEST(d.get("/events/histogram", {{"interval", "1m"}}).at("/items").as_array().size() == 152u);
    BOOST_TEST(d.get("/events/histogram", {{"interval", "1d"}}).reply.body ==
               R"({"items":[{"start":"2020-01-01T00:00:00.000000Z","count":3}]})");
}

BOOST_AUTO_TEST_CASE(from_and_to_set_the_ends) {
    domain d;
    d.ingest_lines(three);
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"from", "2019-12-31T23:30:00Z"}, {"to", "2020-01-01T02:00:00Z"}}) ==
               "12-31T23:00=0 01-01T00:00=1 01-01T01:00=1 ");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"from", "2020-01-01T01:00:00Z"}}) ==
               "01-01T01:00=1 01-01T02:00=0 01-01T03:00=1 ");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"to", "2020-01-01T01:00:00.000001Z"}}) ==
               "01-01T00:00=1 01-01T01:00=1 ");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"from", "2021-01-01T00:00:00Z"}, {"to", "2021-01-01T01:30:00Z"}}) ==
               "01-01T00:00=0 01-01T01:00=0 ");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"from", "2021-01-01T00:00:00Z"}, {"to", "2020-01-01T00:00:00Z"}}) ==
               "");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"from", "2021-01-01T00:00:00Z"}}) == "");
}

BOOST_AUTO_TEST_CASE(too_many_buckets_and_unknown_intervals_are_refused) {
    domain d;
    d.ingest_lines(three);
    BOOST_TEST(buckets(d, {}) == "refused: interval");
    BOOST_TEST(buckets(d, {{"interval", "5x"}}) == "refused: interval");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"interval", "1d"}}) == "refused: interval");
    BOOST_TEST(buckets(d, {{"interval", "1m"}, {"from", "2019-01-01T00:00:00Z"}}) == "refused: interval");
    BOOST_TEST(buckets(d, {{"interval", "1h"}, {"limit", "5"}}) == "refused: limit");
    const auto most = d.get("/events/histogram",
                            {{"interval", "1m"}, {"from", "2020-01-01T00:00:00Z"}, {"to", "2020-06-22T14:40:00Z"}});
    BOOST_TEST(most.at("/items").as_array().size() == 250'000u);
    BOOST_TEST(buckets(d, {{"interval", "1m"}, {"from", "2020-01-01T00:00:00Z"}, {"to", "2020-06-22T14:40:01Z"}}) ==
               "refused: interval");
}

BOOST_AUTO_TEST_SUITE_END()
