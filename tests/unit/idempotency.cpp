#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::call;
using carrel::siem::problem_code;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(idempotency)

namespace {

auto with_key(std::string key, std::string fingerprint) {
    return [=](call& request) { request.idempotency = carrel::siem::idempotency{key, fingerprint}; };
}

constexpr const char* body = R"({"title":"t","severity":"low"})";
constexpr const char* taken = R"({"title":"t","severity":"low","id":"a"})";
constexpr carrel::siem::timestamp hour = 3'600'000'000;

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_outcome_is_replayed) {
    domain d;
    const auto first = d.post("/alerts", body, with_key("k", "f"));
    d.now += hour;
    const auto again = d.post("/alerts", body, with_key("k", "f"));
    BOOST_TEST(again.reply.body == first.reply.body);
    BOOST_TEST(again.reply.location == first.reply.location);
    BOOST_TEST(again.reply.version == 1);
    BOOST_TEST((again.reply.kind == carrel::siem::outcome::created));
    BOOST_TEST(d.post("/alerts", body, with_key("other", "f")).reply.body != first.reply.body);
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 2);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_an_outcome_too) {
    domain d;
    d.post("/alerts", taken);
    const auto first = d.post("/alerts", taken, with_key("k", "f"));
    BOOST_TEST((first.refused && first.refused->code == problem_code::conflict));
    d.remove("/alerts/a");
    const auto again = d.post("/alerts", taken, with_key("k", "f"));
    BOOST_REQUIRE(again.refused.has_value());
    BOOST_TEST((again.refused->code == problem_code::conflict));
    BOOST_TEST(again.refused->detail == first.refused->detail);
    BOOST_TEST(again.faults() == "id");
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(a_refused_operation_leaves_no_trace_but_its_outcome) {
    domain d;
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    d.post("/alerts/a/status", R"({"status":"resolved"})", with_key("k", "f"));
    BOOST_TEST(d.get("/alerts/a").reply.version == 1);
    BOOST_TEST(d.count("SELECT count(*) FROM idempotency") == 1);
}

BOOST_AUTO_TEST_CASE(a_key_used_for_something_else_is_refused) {
    domain d;
    d.post("/alerts", body, with_key("k", "f"));
    const auto other = d.post("/alerts", body, with_key("k", "g"));
    BOOST_TEST((other.refused && other.refused->code == problem_code::invalid));
    BOOST_TEST(other.faults() == "Idempotency-Key");
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(an_outcome_is_kept_for_a_day) {
    domain d;
    d.post("/alerts", body, with_key("k", "f"));
    d.now += 24 * hour - 1;
    BOOST_TEST(!d.post("/alerts", body, with_key("k", "f")).refused.has_value());
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 1);
    d.now += 1;
    d.post("/alerts", body, with_key("k", "g"));
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 2);
    BOOST_TEST(d.count("SELECT count(*) FROM idempotency") == 1);
}

BOOST_AUTO_TEST_CASE(expired_outcomes_go_a_few_at_a_time) {
    domain d;
    for (int i = 0; i < 10; ++i) d.post("/alerts", body, with_key(std::string("k").append(std::to_string(i)), "f"));
    d.now += 25 * hour;
    d.post("/alerts", body, with_key("new", "f"));
    BOOST_TEST(d.count("SELECT count(*) FROM idempotency") == 7);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_refused_has_an_outcome_too) {
    domain d;
    constexpr const char* bad = R"({"title":"","severity":"low"})";
    const auto first = d.post("/alerts", bad, with_key("k", "f"));
    BOOST_TEST((first.refused && first.refused->code == problem_code::invalid));
    BOOST_TEST(first.faults() == "title");
    const auto again = d.post("/alerts", bad, with_key("k", "f"));
    BOOST_TEST(again.faults() == "title");
    BOOST_TEST(again.refused->detail == first.refused->detail);
    // The key with a body that would do is another request.
    const auto other = d.post("/alerts", body, with_key("k", "g"));
    BOOST_TEST((other.refused && other.refused->code == problem_code::invalid));
    BOOST_TEST(other.faults() == "Idempotency-Key");
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 0);
    d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})");
    d.post("/alerts/a/status", "{}", with_key("s", "f"));
    BOOST_TEST(d.post("/alerts/a/status", R"({"status":"closed"})", with_key("s", "g")).faults() == "Idempotency-Key");
    BOOST_TEST(d.get("/alerts/a").text("/status") == "pending");
}

BOOST_AUTO_TEST_CASE(a_key_belongs_to_one_operation) {
    domain d;
    const auto made = d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})", with_key("k", "f"));
    const auto closed = d.post("/alerts/a/status", R"({"status":"closed"})", with_key("k", "g"));
    BOOST_TEST(!closed.refused.has_value());
    BOOST_TEST(closed.text("/status") == "closed");
    auto events =
        d.ingest("{}\n", carrel::siem::event_intake::format::ndjson, 100, carrel::siem::idempotency{"k", "h"});
    BOOST_TEST(events->summary().accepted == 1);
    BOOST_TEST(d.post("/alerts", R"({"id":"a","title":"t","severity":"low"})", with_key("k", "f")).reply.body ==
               made.reply.body);
}

BOOST_AUTO_TEST_CASE(that_no_event_was_accepted_is_an_outcome) {
    domain d;
    const auto send = [&](std::string_view lines) {
        return d.ingest(lines, carrel::siem::event_intake::format::ndjson, 100, carrel::siem::idempotency{"k", "f"})
            ->summary();
    };
    for (int i = 0; i < 2; ++i) {
        const auto none = send("x\n[1]\n");
        BOOST_TEST(none.accepted == 0);
        BOOST_TEST(none.rejected == 2);
        BOOST_TEST(!d.last_refusal.has_value());
    }
    BOOST_TEST(send("{}\n").accepted == 0);
    BOOST_TEST((d.last_refusal && d.last_refusal->code == problem_code::invalid));
    BOOST_TEST(d.count("SELECT count(*) FROM events") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
