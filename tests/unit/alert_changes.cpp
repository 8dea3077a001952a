// One change of many alerts, each with a result of its own.
#include "support/alert_work.hpp"

#include <boost/test/unit_test.hpp>

using carrel::siem::call;
using carrel::siem::permission_set;
using carrel::siem::problem_code;
using namespace carrel::testing;

BOOST_FIXTURE_TEST_SUITE(alert_changes, alert_fixture)

BOOST_AUTO_TEST_CASE(each_action_does_what_it_says_and_tells_of_each) {
    for (const char* id : {"a", "b"}) add(id, R"(,"tags":["old"])");
    add("done");
    become("done", "closed");
    const std::string which = R"("ids":["a","none","b","done"])";
    auto got = change(R"({"action":"status","status":"acknowledged","note":"by hand",)" + which + "}");
    BOOST_TEST(got.at("/succeeded").as_int64() == 2);
    BOOST_TEST(got.at("/failed").as_int64() == 2);
    BOOST_TEST(failed(got) == "none done");
    BOOST_TEST(got.text("/items/3/detail").find("closed cannot become acknowledged") != std::string::npos);
    BOOST_TEST(d.get("/alerts/a").text("/status") == "acknowledged");
    BOOST_TEST(d.get("/alerts/a/history").text("/items/0/note") == "by hand");
    BOOST_TEST(d.count("SELECT count(*) FROM audit WHERE action = 'change_alerts'") == 1);
    BOOST_TEST(failed(change(R"({"action":"assign","assigned_to":"ann",)" + which + "}")) == "none");
    BOOST_TEST(d.get("/alerts/done").text("/assigned_to") == "ann");
    change(R"({"action":"assign","assigned_to":null,)" + which + "}");
    BOOST_TEST(d.get("/alerts/a").at("/assigned_to").is_null());
    change(R"({"action":"tag","tags":["new","old"],)" + which + "}");
    BOOST_TEST(boost::json::serialize(d.get("/alerts/b").at("/tags")) == R"(["old","new"])");
    change(R"({"action":"untag","tags":["old","never"],)" + which + "}");
    BOOST_TEST(boost::json::serialize(d.get("/alerts/b").at("/tags")) == R"(["new"])");
    change(R"({"action":"disposition","disposition":"suspicious",)" + which + "}");
    BOOST_TEST(d.get("/alerts/a").text("/disposition") == "suspicious");
    d.post("/investigations", R"({"id":"i","title":"t"})");
    BOOST_TEST(failed(change(R"({"action":"link","investigation_id":"i",)" + which + "}")) == "none");
    BOOST_TEST(ids(d.get("/investigations/i/alerts", {{"sort", "created_at"}})) == "a b done");
    BOOST_TEST(failed(change(R"({"action":"link","investigation_id":"no",)" + which + "}")) == "a none b done");
    BOOST_TEST(failed(change(R"({"action":"unlink","note":"not of this",)" + which + "}")) == "none");
    BOOST_TEST(d.get("/investigations/i/alerts").at("/items").as_array().empty());
    BOOST_TEST(d.get("/alerts/done/history").reply.body.find("not of this") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_filter_is_that_of_the_list) {
    for (const char* id : {"a", "b", "c"}) add(id, R"(,"tags":["x"])");
    add("d", R"(,"tags":["y"])");
    become("c", "closed");
    const auto got =
        change(R"({"action":"tag","tags":["seen"],"filter":{"tag":"x","status":["pending","acknowledged"]}})");
    BOOST_TEST(got.at("/succeeded").as_int64() == 2);
    BOOST_TEST(ids(d.get("/alerts", {{"tag", "seen"}, {"sort", "created_at"}})) == "a b");
    BOOST_TEST(change(R"({"action":"untag","tags":["seen"],"filter":{"q":"of"}})").at("/succeeded").as_int64() == 4);
    BOOST_TEST(change(R"({"action":"tag","tags":["z"],"filter":{"tag":"nowhere"}})").at("/succeeded").as_int64() == 0);
    BOOST_TEST(change(R"({"action":"tag","tags":["z"],"filter":{"colour":"red"}})").faults() == "filter.colour");
    BOOST_TEST(change(R"({"action":"tag","tags":["z"],"filter":{"severity":"red"}})").faults() == "filter.severity");
    BOOST_TEST(change(R"({"action":"tag","tags":["z"],"filter":{"q":"(of"}})").faults() == "filter.q");
    BOOST_TEST(change(R"({"action":"tag","tags":["z"],"filter":{"tag":true}})").faults() == "filter.tag");
    BOOST_TEST(change(R"({"action":"tag","tags":["z"],"filter":{}})").faults() == "filter");
}

BOOST_AUTO_TEST_CASE(a_change_that_is_not_understood_changes_nothing) {
    add("a");
    const auto faults = [&](const std::string& members) { return change("{" + members + "}").faults(); };
    BOOST_TEST(faults("") == "action");
    BOOST_TEST(faults(R"("action":"explode","ids":["a"])") == "action");
    BOOST_TEST(faults(R"("action":"tag","tags":["x"])") == "ids");
    BOOST_TEST(faults(R"("action":"tag","tags":["x"],"ids":[])") == "ids");
    BOOST_TEST(faults(R"("action":"tag","tags":["x"],"ids":["a"],"filter":{"tag":"x"})") == "ids");
    BOOST_TEST(faults(R"("action":"tag","tags":["x"],"ids":[7])") == "ids[0]");
    BOOST_TEST(faults(R"("action":"tag","tags":[],"ids":["a"])") == "tags");
    BOOST_TEST(faults(R"("action":"tag","ids":["a"])") == "tags");
    BOOST_TEST(faults(R"("action":"tag","tags":["x"],"status":"closed","ids":["a"])") == "status");
    BOOST_TEST(faults(R"("action":"status","status":"gone","ids":["a"])") == "status");
    BOOST_TEST(faults(R"("action":"status","status":null,"ids":["a"])") == "status");
    BOOST_TEST(faults(R"("action":"assign","ids":["a"])") == "assigned_to");
    BOOST_TEST(faults(R"("action":"link","ids":["a"])") == "investigation_id");
    BOOST_TEST(faults(R"("action":"unlink","investigation_id":"i","ids":["a"])") == "investigation_id");
    std::string many;
    for (int i = 0; i < 1001; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
    BOOST_TEST(faults(R"("action":"tag","tags":["x"],"ids":[)" + many + "]") == "ids");
    BOOST_TEST(d.get("/alerts/a").reply.version == 1);
}

BOOST_AUTO_TEST_CASE(an_action_needs_its_own_permission) {
    using carrel::siem::permission;
    add("a");
    const auto who = [](permission_set may) {
        return [may](call& request) {
            auto known = std::make_shared<carrel::access::identity>();
            known->may = may;
            request.who = std::move(known);
        };
    };
    const auto is_done = [&](const char* members, permission_set may) {
        const auto got = d.post("/alerts/changes", std::string(R"({"ids":["a"],)") + members + "}", who(may));
        if (got.refused) {
            BOOST_TEST(is(got, problem_code::forbidden), members);
            // Which member it is, for programs as well.
            BOOST_TEST_REQUIRE(got.refused->faults.size() == 1u, members);
            BOOST_TEST(got.refused->faults.front().field == "action");
        }
        return !got.refused.has_value();
    };
    for (const auto& [members, needed] :
         {std::pair(R"("action":"status","status":"acknowledged")", permission::alert_acknowledge),
          std::pair(R"("action":"assign","assigned_to":"x")", permission::alert_assign),
          std::pair(R"("action":"disposition","disposition":"benign")", permission::alert_disposition),
          std::pair(R"("action":"unlink")", permission::write_investigations),
          std::pair(R"("action":"tag","tags":["x"])", permission::write_alerts)}) {
        const permission_set all = permission_set::all(), own = permission_set::of({needed});
        BOOST_TEST(!is_done(members, all.without(own)), members);
        BOOST_TEST(is_done(members, own), members);
    }
}

BOOST_AUTO_TEST_CASE(tags_that_do_not_fit_are_refused_for_that_alert_only) {
    std::string tags;
    for (int i = 0; i < 50; ++i) tags += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
    add("full", ",\"tags\":[" + tags + "]");
    add("free");
    const auto got = change(R"({"action":"tag","tags":["one more"],"ids":["full","free"]})");
    BOOST_TEST(failed(got) == "full");
    BOOST_TEST(d.get("/alerts/free").text("/tags/0") == "one more");
}

BOOST_AUTO_TEST_CASE(a_thousand_go_in_transactions_of_a_hundred_and_more_are_refused) {
    std::string many;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = std::to_string(10'000 + i);
        add(id);
        many += (i == 0 ? "\"" : ",\"") + id + "\"";
    }
    auto got = change(R"({"action":"status","status":"acknowledged","ids":[)" + many + "]}");
    BOOST_TEST(got.at("/succeeded").as_int64() == 1000);
    BOOST_TEST(got.at("/items").as_array().size() == 1000u);
    BOOST_TEST(d.parts_of_write >= 10);
    got = change(R"({"action":"assign","assigned_to":"x","filter":{"status":"acknowledged"}})");
    BOOST_TEST(got.at("/succeeded").as_int64() == 1000);
    BOOST_TEST(d.get("/alerts/count", {{"assigned_to", "x"}}).at("/count").as_int64() == 1000);
    add("one-more");
    const auto refused = change(R"({"action":"assign","assigned_to":"y","filter":{"severity":"high"}})");
    BOOST_TEST(refused.faults() == "filter");
    BOOST_TEST(d.get("/alerts/count", {{"assigned_to", "y"}}).at("/count").as_int64() == 0);
    // A key keeps all of it in one transaction, and answers again.
    const auto with_key = [&] {
        return d.post("/alerts/changes", R"({"action":"untag","tags":["x"],"filter":{"assigned_to":"x"}})",
                      [](call& request) {
                          request.idempotency = carrel::siem::idempotency{"k", "f"};
                      });
    };
    const auto first = with_key();
    BOOST_TEST(d.parts_of_write == 1);
    BOOST_TEST(with_key().reply.body == first.reply.body);
}

BOOST_AUTO_TEST_SUITE_END()
