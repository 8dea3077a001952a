#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// Alerts over the wire; the rules themselves are tested without sockets.
namespace carrel::testing {

namespace {

wire_reply set_status(running_server& server, const std::string& status) {
    return server.post("/api/v1/alerts/a/status", R"({"status":")" + status + R"(","note":"n"})");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(alerts)

BOOST_AUTO_TEST_CASE(members_come_in_the_contract_s_order) {
    running_server server;
    const auto alert = server.post("/api/v1/alerts", alert_body("a")).json();
    std::string order;
    for (const auto& member : alert.as_object()) order += std::string(member.key()) + " ";
    BOOST_TEST(order ==
               "id version created_at updated_at title description severity status disposition rule_id event_ids "
               "assigned_to tags risk_score fingerprint duplicate_count last_seen investigation_id ");
}

BOOST_AUTO_TEST_CASE(an_illegal_transition_is_409_and_names_what_is_allowed) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    const auto refused = set_status(server, "resolved");
    BOOST_TEST(refused.status == 409);
    BOOST_TEST(refused.problem() == "illegal_transition");
    BOOST_TEST(refused.text("/detail").find("acknowledged") != std::string::npos);
    for (const std::string status : {"acknowledged", "investigating", "resolved", "closed"})
        BOOST_TEST(set_status(server, status).text("/status") == status);
    BOOST_TEST(server.get("/api/v1/alerts/a/history").json().at("items").as_array().size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_known_fingerprint_adds_to_its_alert_and_answers_200) {
    running_server server;
    const auto body = [](const std::string& id) { return alert_body(id, R"(,"fingerprint":"same")"); };
    BOOST_TEST(server.post("/api/v1/alerts", body("a")).status == 201);
    const auto again = server.post("/api/v1/alerts", body("b"));
    BOOST_TEST(again.status == 200);
    BOOST_TEST(again.text("/id") == "a");
    BOOST_TEST(again.number("/duplicate_count") == 1);
    BOOST_TEST(!again.has("location"));
}

BOOST_AUTO_TEST_CASE(counts_and_statistics_have_paths_of_their_own) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    BOOST_TEST(server.get("/api/v1/alerts/count?severity=low&severity=high").number("/count") == 1);
    BOOST_TEST(server.get("/api/v1/alerts/count?severity=high").number("/count") == 0);
    BOOST_TEST(server.get("/api/v1/alerts/stats").number("/total") == 1);
}

BOOST_AUTO_TEST_CASE(q_is_a_query_and_what_is_not_understood_is_400_with_its_position) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a", R"(,"description":"R\u00e9sum\u00e9 of net user")"));
    server.post("/api/v1/alerts", R"({"id":"b","title":"net","severity":"high","description":"\u7ba1\u7406\u8005"})");
    const auto count = [&](const std::string& q) { return server.get("/api/v1/alerts/count?q=" + q).number("/count"); };
    BOOST_TEST(count("net") == 2);
    BOOST_TEST(count("resume") == 1);
    BOOST_TEST(count("%22net%20user%22") == 1);
    BOOST_TEST(count("net%20-user") == 1);
    BOOST_TEST(count("res*%20OR%20severity:high") == 2);
    BOOST_TEST(count("NOT%20(resume%20OR%20severity:low)") == 1);
    BOOST_TEST(count("%E7%90%86") == 1);
    BOOST_TEST(server.get("/api/v1/alerts?q=title:net").text("/items/0/id") == "b");
    const auto detail = [&](const std::string& q) {
        const auto refused = server.get("/api/v1/alerts?q=" + q);
        BOOST_TEST(refused.status == 400);
        BOOST_TEST(refused.text("/errors/0/field") == "q");
        return refused.text("/errors/0/detail");
    };
    BOOST_TEST(detail("net%20(user") == "the parenthesis is not closed (character 5)");
    BOOST_TEST(detail("net%20host:x").starts_with("alerts have no such field; they have id, version, "));
    BOOST_TEST(detail("net%20host:x").ends_with("(character 5)"));
}

// SQLite counts a table without a condition in one step, which would hold the shard for as long as it takes.
BOOST_AUTO_TEST_CASE(a_count_of_all_keeps_to_the_budget_of_a_shard) {
    running_server server({}, [](options& o) { o.read_budget = std::chrono::microseconds(50); });
    auto many = [](write_session& session) {
        return session.execute(
            "INSERT INTO alerts(id, version, created_at, updated_at, title, severity, status, disposition, event_ids, "
            "tags, duplicate_count, last_seen) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
            "100000) SELECT i, 1, i, i, 't', 0, 0, 0, '[]', '[]', 0, i FROM n");
    };
    BOOST_TEST(write(server.store(), many, {.deadline = std::chrono::seconds(30)}).has_value());
    BOOST_TEST(server.get("/api/v1/alerts/count").number("/count") == 100'000);
    BOOST_TEST(server.store().stats().readers.budget_overruns == 1u);
}

BOOST_AUTO_TEST_CASE(two_thousand_bodies_with_hundreds_of_event_ids_are_all_taken) {
    running_server server;
    std::string ids;
    for (int i = 0; i < 300; ++i) {
        const auto id = "event-of-an-incident-number-" + std::to_string(1'000 + i);
        ids += (i == 0 ? "\"" : ",\"") + id + "\"";
    }
    const auto body = R"({"title":"t","severity":"low","event_ids":[)" + ids + "]}";
    raw_client client(server.port());
    int refused = 0;
    for (int i = 0; i < 2'000; ++i)
        refused += client.ask("POST", "/api/v1/alerts", body, "Content-Type: application/json\r\n").status == 422;
    BOOST_TEST(refused == 2'000);  // none of the events exists; each body was read whole
    BOOST_TEST(client.ask("GET", "/health/ready").status == 200);
}

BOOST_AUTO_TEST_CASE(keys_belong_to_an_operation_and_keep_the_first_refusal) {
    running_server server;
    const std::string key = "Idempotency-Key: one\r\n";
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), key).status == 201);
    // The same key on another operation is another key.
    BOOST_TEST(server.post("/api/v1/alerts/a/status", R"({"status":"acknowledged"})", key).status == 200);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), key).status == 201);
    // A refusal that needed no transaction is an outcome too.
    const std::string other = "Idempotency-Key: two\r\n";
    const auto first = server.post("/api/v1/alerts", R"({"title":""})", other);
    BOOST_TEST(first.status == 422);
    const auto again = server.post("/api/v1/alerts", R"({"title":""})", other);
    BOOST_TEST(again.status == 422);
    BOOST_TEST(again.json().at("errors") == first.json().at("errors"));
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("b"), other).status == 422);
    BOOST_TEST(server.get("/api/v1/alerts/b").status == 404);
    BOOST_TEST(server.post("/api/v1/alerts", "{", "Idempotency-Key: three\r\n").status == 400);
    BOOST_TEST(server.post("/api/v1/alerts", "{", "Idempotency-Key: three\r\n").status == 400);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("c"), "Idempotency-Key: three\r\n").status == 422);
    BOOST_TEST(server.get("/api/v1/alerts/c").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
