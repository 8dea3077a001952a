#include "support/domain.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::outcome;
using carrel::testing::domain;

BOOST_AUTO_TEST_SUITE(alert_merging)

BOOST_AUTO_TEST_CASE(a_new_alert_is_merged_into_the_open_one_with_its_fingerprint) {
    domain d;
    constexpr const char* body = R"({"title":"t","severity":"low","fingerprint":"f"})";
    const auto first = d.post("/alerts", body);
    d.now += 1'000'000;
    const auto second = d.post("/alerts", body);
    BOOST_TEST((second.reply.kind == outcome::ok));
    BOOST_TEST(second.reply.location.empty());
    BOOST_TEST(second.text("/id") == first.text("/id"));
    BOOST_TEST(second.at("/duplicate_count").as_int64() == 1);
    BOOST_TEST(second.at("/version").as_int64() == 2);
    BOOST_TEST(second.text("/last_seen") == "2023-11-14T22:13:21.000000Z");
    BOOST_TEST(d.get("/alerts/" + first.text("/id")).reply.body == second.reply.body);
    BOOST_TEST(
        (d.post("/alerts", R"({"title":"t","severity":"low","fingerprint":"g"})").reply.kind == outcome::created));
    d.post("/alerts/" + first.text("/id") + "/status", R"({"status":"closed"})");
    const auto third = d.post("/alerts", body);
    BOOST_TEST((third.reply.kind == outcome::created));
    BOOST_TEST(third.at("/duplicate_count").as_int64() == 0);
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 3);
}

BOOST_AUTO_TEST_CASE(an_empty_fingerprint_is_none) {
    domain d;
    constexpr const char* body = R"({"title":"t","severity":"low","fingerprint":""})";
    const auto first = d.post("/alerts", body), second = d.post("/alerts", body);
    BOOST_TEST((second.reply.kind == outcome::created));
    BOOST_TEST(first.at("/fingerprint").is_null());
    BOOST_TEST(d.get("/alerts/count").at("/count").as_int64() == 2);
}

BOOST_AUTO_TEST_CASE(a_merge_keeps_what_the_new_alert_brings) {
    domain d;
    const auto events = d.ingest_lines("{}\n{}\n")->summary();
    const auto alert = [&](const std::string& severity, const std::string& event, const std::string& tags) {
        return d.post("/alerts", R"({"title":"t","fingerprint":"f","severity":")" + severity + R"(","event_ids":[")" +
                                     event + R"("],"tags":)" + tags + "}");
    };
    const std::string id = alert("low", events.first_id, R"(["a","b"])").text("/id");
    const auto merged = alert("critical", events.last_id, R"(["b","c"])");
    BOOST_TEST((merged.reply.kind == outcome::ok));
    BOOST_TEST(merged.text("/severity") == "critical");
    BOOST_TEST(merged.at("/event_ids").as_array().size() == 2u);
    BOOST_TEST((merged.at("/tags") == boost::json::parse(R"(["a","b","c"])")));
    BOOST_TEST(d.get("/alerts/" + id).reply.body == merged.reply.body);
    // A lower one changes the count alone.
    BOOST_TEST(alert("informational", events.first_id, "[]").text("/severity") == "critical");
    const auto history = d.get("/alerts/" + id + "/history");
    BOOST_TEST(history.at("/items").as_array().size() == 2u);
    BOOST_TEST(history.text("/items/0/field") == "duplicate_count");
    BOOST_TEST(history.text("/items/0/to") == "1");
    BOOST_TEST(history.text("/items/0/note") ==
               "severity raised from low to critical; 1 added to event_ids; 1 added to tags");
    BOOST_TEST(history.at("/items/1/note").is_null());
    BOOST_TEST(d.get("/alerts/stats").at("/by_severity/critical").as_int64() == 1);
    // The text it was found by is found as before.
    BOOST_TEST((d.get("/alerts", {{"tag", "c"}, {"q", "t"}}).at("/items").as_array().size()) == 1u);
}

BOOST_AUTO_TEST_CASE(a_merge_keeps_to_the_bounds_and_says_what_it_left_out) {
    domain d;
    const auto tags = [](int first, int count) {
        std::string list = "[";
        for (int i = first; i < first + count; ++i) list += (i == first ? "\"t" : ",\"t") + std::to_string(i) + "\"";
        return list + "]";
    };
    const auto alert = [&](const std::string& list) {
        return d.post("/alerts", R"({"title":"t","severity":"low","fingerprint":"f","tags":)" + list + "}");
    };
    const std::string id = alert(tags(0, 48)).text("/id");
    BOOST_TEST(alert(tags(40, 15)).at("/tags").as_array().size() == 50u);
    BOOST_TEST(d.get("/alerts/" + id + "/history").text("/items/0/note") ==
               "2 added to tags; 5 not added to tags, which holds at most 50");
}

BOOST_AUTO_TEST_CASE(one_like_a_resolved_alert_is_a_new_one) {
    domain d;
    constexpr const char* body = R"({"title":"t","severity":"low","fingerprint":"f"})";
    const std::string id = d.post("/alerts", body).text("/id");
    const auto become = [&](const std::string& status) {
        return d.post("/alerts/" + id + "/status", R"({"status":")" + status + "\"}").refused.has_value();
    };
    BOOST_TEST(!become("acknowledged"));
    BOOST_TEST(!become("investigating"));
    BOOST_TEST((d.post("/alerts", body).reply.kind == outcome::ok));
    BOOST_TEST(!become("resolved"));
    const auto anew = d.post("/alerts", body);
    BOOST_TEST((anew.reply.kind == outcome::created));
    BOOST_TEST(!become("closed"));
    BOOST_TEST(d.post("/alerts", body).text("/id") == anew.text("/id"));
}

BOOST_AUTO_TEST_SUITE_END()
