#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

// What holds for all resources, as the wire shows it.
namespace carrel::testing {

namespace {

const std::string json_type = "Content-Type: application/json\r\n";
const std::string patch_type = "Content-Type: application/merge-patch+json\r\n";

std::int64_t commit_of(const wire_reply& reply) { return std::stoll(reply.field("carrel-commit")); }

}  // namespace

BOOST_AUTO_TEST_SUITE(resources)

BOOST_AUTO_TEST_CASE(bodies_are_json_or_415) {
    running_server server;
    for (const std::string_view type :
         {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/x-ndjson",
          "multipart/form-data"}) {
        const auto reply =
            server.ask("POST", "/api/v1/alerts", alert_body("a"), "Content-Type: " + std::string(type) + "\r\n");
        BOOST_TEST(reply.problem() == "unsupported_media_type", type);
        BOOST_TEST(reply.status == 415);
    }
    BOOST_TEST(server.ask("POST", "/api/v1/alerts", alert_body("a")).status == 415);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), "Content-Encoding: gzip\r\n").status == 415);
    BOOST_TEST(
        server.ask("POST", "/api/v1/alerts", alert_body("a"), "Content-Type: application/json; charset=utf-8\r\n")
            .status == 201);
    BOOST_TEST(server.get("/api/v1/alerts/a").field("content-type") == "application/json");
}

BOOST_AUTO_TEST_CASE(a_patch_may_call_itself_a_merge_patch_a_post_may_not) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    BOOST_TEST(server.ask("PATCH", "/api/v1/alerts/a", R"({"title":"x"})", patch_type).status == 200);
    BOOST_TEST(server.ask("PATCH", "/api/v1/alerts/a", R"({"title":"y"})", json_type).status == 200);
    BOOST_TEST(server.ask("POST", "/api/v1/alerts", alert_body("b"), patch_type).status == 415);
}

BOOST_AUTO_TEST_CASE(broken_json_is_400_and_a_key_given_twice_is_422) {
    running_server server;
    for (const std::string_view broken : {"{", "nul", R"({"title":"t",})", "[1", "{} {}", "\xff"})
        BOOST_TEST(server.post("/api/v1/alerts", broken).problem() == "bad_request", broken);
    BOOST_TEST(server.ask("POST", "/api/v1/alerts", {}, json_type).problem() == "bad_request");
    const auto twice = server.post("/api/v1/alerts", R"({"title":"a","title":"b","severity":"low"})");
    BOOST_TEST(twice.status == 422);
    BOOST_TEST(twice.problem() == "invalid");
    BOOST_TEST(twice.text("/errors/0/field") == "title");
}

BOOST_AUTO_TEST_CASE(unknown_fields_and_wrong_types_are_422_and_name_the_field) {
    running_server server;
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a", R"(,"colour":1)")).text("/errors/0/field") == "colour");
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a", R"(,"risk_score":"9")")).text("/errors/0/field") ==
               "risk_score");
    BOOST_TEST(server.get("/api/v1/alerts/a").status == 404);
}

BOOST_AUTO_TEST_CASE(a_creation_is_201_with_its_location_and_the_resource) {
    running_server server;
    const auto created = server.post("/api/v1/alerts", alert_body("my-own_id"));
    BOOST_TEST(created.status == 201);
    BOOST_TEST(created.field("location") == "/api/v1/alerts/my-own_id");
    BOOST_TEST(created.field("etag") == "\"1\"");
    BOOST_TEST(server.get(created.field("location")).body == created.body);
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("my-own_id")).problem() == "conflict");
    const auto given = server.post("/api/v1/alerts", R"({"title":"t","severity":"low"})");
    BOOST_TEST(given.text("/id").size() == 36u);
    BOOST_TEST(given.field("location") == "/api/v1/alerts/" + given.text("/id"));
}

BOOST_AUTO_TEST_CASE(a_deletion_is_204_without_a_body_and_what_is_missing_is_404) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    const auto gone = server.ask("DELETE", "/api/v1/alerts/a");
    BOOST_TEST(gone.status == 204);
    BOOST_TEST(!gone.has("content-length"));
    BOOST_TEST(!gone.has("content-type"));
    BOOST_TEST(gone.has("carrel-commit"));
    for (const std::string_view method : {"GET", "DELETE"}) {
        const auto missing = server.ask(method, "/api/v1/alerts/a");
        BOOST_TEST(missing.status == 404);
        BOOST_TEST(missing.problem() == "not_found");
    }
    BOOST_TEST(server.ask("PATCH", "/api/v1/alerts/a", "{}", json_type).status == 404);
}

BOOST_AUTO_TEST_CASE(a_stale_version_is_412_and_changes_nothing) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    const auto patch = [&](std::string_view title, std::string_view condition) {
        return server.ask("PATCH", "/api/v1/alerts/a", R"({"title":")" + std::string(title) + "\"}",
                          json_type + "If-Match: " + std::string(condition) + "\r\n");
    };
    BOOST_TEST(patch("two", "\"1\"").field("etag") == "\"2\"");
    const auto stale = patch("three", "\"1\"");
    BOOST_TEST(stale.status == 412);
    BOOST_TEST(stale.problem() == "stale_version");
    BOOST_TEST(patch("three", "W/\"2\"").status == 412);
    BOOST_TEST(patch("three", "\"1\", \"7\"").status == 412);
    BOOST_TEST(server.get("/api/v1/alerts/a").text("/title") == "two");
    BOOST_TEST(patch("three", "\"1\", \"2\"").status == 200);
    BOOST_TEST(patch("four", "*").status == 200);
    BOOST_TEST(patch("five", "4").problem() == "bad_request");
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a", {}, "If-Match: \"1\"\r\n").status == 412);
    BOOST_TEST(server.ask("DELETE", "/api/v1/alerts/a", {}, "If-Match: \"4\"\r\n").status == 204);
}

BOOST_AUTO_TEST_CASE(a_known_version_is_304_without_a_body) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    raw_client client(server.port());
    for (const std::string_view known : {"\"1\"", "W/\"1\"", "\"9\", \"1\"", "*"}) {
        const auto reply = client.ask("GET", "/api/v1/alerts/a", {}, "If-None-Match: " + std::string(known) + "\r\n");
        BOOST_TEST(reply.status == 304, known);
        BOOST_TEST(reply.field("etag") == "\"1\"");
        BOOST_TEST(!reply.has("content-length"));
    }
    BOOST_TEST(client.ask("HEAD", "/api/v1/alerts/a", {}, "If-None-Match: \"1\"\r\n").status == 304);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts/a", {}, "If-None-Match: \"2\"\r\n").status == 200);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts/none", {}, "If-None-Match: *\r\n").status == 404);
}

BOOST_AUTO_TEST_CASE(each_reply_to_a_write_has_a_commit_number_that_only_grows) {
    running_server server;
    std::int64_t last = 0;
    for (int i = 0; i < 5; ++i) {
        const auto reply = server.post("/api/v1/alerts", alert_body("a" + std::to_string(i)));
        BOOST_TEST(commit_of(reply) > last);
        last = commit_of(reply);
    }
    const auto patched = server.ask("PATCH", "/api/v1/alerts/a0", R"({"title":"x"})", json_type);
    BOOST_TEST(commit_of(patched) > last);
    BOOST_TEST(commit_of(server.ingest(event_lines(1))) > commit_of(patched));
    BOOST_TEST(!server.get("/api/v1/alerts/a0").has("carrel-commit"));
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_replays_the_first_outcome) {
    running_server server;
    const std::string key = "Idempotency-Key: once-only\r\n";
    const std::string body = R"({"title":"t","severity":"low"})";
    const auto first = server.post("/api/v1/alerts", body, key);
    const auto again = server.post("/api/v1/alerts", body, key);
    BOOST_TEST(first.status == 201);
    BOOST_TEST(again.status == 201);
    BOOST_TEST(again.body == first.body);
    BOOST_TEST(again.field("location") == first.field("location"));
    BOOST_TEST(again.field("etag") == first.field("etag"));
    BOOST_TEST(again.has("carrel-commit"));
    const auto other = server.post("/api/v1/alerts", R"({"title":"other","severity":"low"})", key);
    BOOST_TEST(other.status == 422);
    BOOST_TEST(other.problem() == "invalid");
    BOOST_TEST(server.get("/api/v1/alerts/count").number("/count") == 1);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_replayed_too) {
    running_server server;
    server.post("/api/v1/alerts", alert_body("a"));
    const std::string key = "Idempotency-Key: refused\r\n";
    const auto first = server.post("/api/v1/alerts", alert_body("a"), key);
    BOOST_TEST(first.problem() == "conflict");
    BOOST_TEST(first.has("carrel-commit"));
    server.ask("DELETE", "/api/v1/alerts/a");
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), key).problem() == "conflict");
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_is_1_to_128_visible_ascii) {
    running_server server;
    const auto with = [&](const std::string& key, const std::string& id) {
        return server.post("/api/v1/alerts", alert_body(id), "Idempotency-Key: " + key + "\r\n").status;
    };
    BOOST_TEST(with(std::string(128, '~'), "a") == 201);
    BOOST_TEST(with(std::string(129, 'k'), "b") == 400);
    BOOST_TEST(with("", "b") == 400);
    BOOST_TEST(with("a b", "b") == 400);
    BOOST_TEST(with("\xc3\xa4", "b") == 400);
}

BOOST_AUTO_TEST_CASE(a_timeout_is_1_to_60000_ms) {
    running_server server;
    const auto with = [&](const std::string& timeout) {
        return server.get("/api/v1/alerts/none", "Carrel-Timeout-Ms: " + timeout + "\r\n").status;
    };
    for (const std::string bad : {"0", "60001", "-1", "1.5", "x", "", "99999999999999999999"})
        BOOST_TEST(with(bad) == 400, bad);
    BOOST_TEST(with("60000") == 404);
}

BOOST_AUTO_TEST_CASE(a_read_past_its_deadline_is_504) {
    running_server server;
    server.fill_alerts(3'000);
    slow_filter::pause = [](bool on_shard) {
        // On the shard slow enough to outgrow the budget, off it to pass the deadline, whatever the machine.
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(on_shard ? 20 : 2'000);
        while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    };
    const auto late = server.get("/api/v1/alerts/count?tag=none", "Carrel-Timeout-Ms: 100\r\n");
    BOOST_TEST(late.status == 504);
    BOOST_TEST(late.problem() == "timeout");
}

BOOST_AUTO_TEST_CASE(a_write_that_waited_past_its_deadline_did_not_happen_and_is_503) {
    running_server server;
    held_writer held(server.store());
    raw_client client(server.port());
    client.send(client.request("POST", "/api/v1/alerts", alert_body("late"), json_type + "Carrel-Timeout-Ms: 1\r\n"));
    // The health check runs behind it on the same shard: by then its deadline has begun.
    BOOST_TEST(server.get("/health/live").status == 200);
    const auto passed = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    BOOST_TEST(eventually([&] { return std::chrono::steady_clock::now() > passed; }));
    held.release();
    const auto refused = client.receive();
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.problem() == "overloaded");
    BOOST_TEST(std::stoi(refused.field("retry-after")) >= 1);
    BOOST_TEST(server.get("/api/v1/alerts/late").status == 404);
}

BOOST_AUTO_TEST_CASE(a_full_queue_is_503_with_retry_after) {
    running_server server({}, [](auto& settings) { settings.write_queue_jobs_max = 2; });
    held_writer held(server.store());
    raw_client first(server.port()), second(server.port());
    first.send(first.request("POST", "/api/v1/alerts", alert_body("a"), json_type));
    BOOST_TEST(eventually([&] { return held.behind() >= 1; }));
    const auto refused = second.ask("POST", "/api/v1/alerts", alert_body("b"), json_type);
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.problem() == "overloaded");
    BOOST_TEST(refused.has("retry-after"));
    held.release();
    BOOST_TEST(first.receive().status == 201);
}

BOOST_AUTO_TEST_CASE(unknown_parameters_and_bad_encodings_are_400) {
    running_server server;
    for (const std::string_view target :
         {"/api/v1/alerts?colour=red", "/api/v1/alerts/a?x=1", "/api/v1/alerts?severity=%zz", "/api/v1/alerts?q=%ff",
          "/api/v1/alerts/%c3", "/api/v1/events?limit=0"}) {
        const auto reply = server.get(target);
        BOOST_TEST(reply.status == 400, target);
        BOOST_TEST(reply.problem() == "bad_request", target);
    }
}

BOOST_AUTO_TEST_CASE(lists_page_by_an_opaque_cursor_and_count_on_demand) {
    running_server server;
    for (int i = 0; i < 5; ++i) server.post("/api/v1/alerts", alert_body("a" + std::to_string(i)));
    const auto first = server.get("/api/v1/alerts?limit=3&count=true&sort=created_at");
    BOOST_TEST(first.json().at("items").as_array().size() == 3u);
    BOOST_TEST(first.number("/total") == 5);
    const auto rest = server.get("/api/v1/alerts?limit=3&sort=created_at&cursor=" + first.text("/next"));
    BOOST_TEST(rest.json().at("items").as_array().size() == 2u);
    BOOST_TEST(rest.json().at("next").is_null());
    BOOST_TEST(rest.body.find("\"total\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_problem_has_type_status_instance_and_request) {
    running_server server;
    const auto reply = server.get("/api/v1/alerts/no%20such?x=secret", "X-Request-Id: me.1-2_3\r\n");
    BOOST_TEST(reply.field("content-type") == "application/problem+json");
    BOOST_TEST(reply.number("/status") == reply.status);
    BOOST_TEST(reply.text("/instance") == "/api/v1/alerts/no%20such");
    BOOST_TEST(reply.text("/request_id") == "me.1-2_3");
    BOOST_TEST(!reply.text("/title").empty());
    BOOST_TEST(!reply.text("/detail").empty());
}

BOOST_AUTO_TEST_CASE(a_request_id_is_taken_over_or_made) {
    running_server server;
    const auto with = [&](const std::string& id) {
        return server.get("/health/live", "X-Request-Id: " + id + "\r\n").field("x-request-id");
    };
    BOOST_TEST(with("aZ09._-") == "aZ09._-");
    BOOST_TEST(with(std::string(128, 'x')) == std::string(128, 'x'));
    for (const std::string& bad : {std::string(129, 'x'), std::string("a b"), std::string("a/b"), std::string()}) {
        const auto made = with(bad);
        BOOST_TEST(made != bad);
        BOOST_TEST(!made.empty());
    }
    BOOST_TEST(with("") != with(""));
}

BOOST_AUTO_TEST_CASE(a_method_that_is_not_there_is_405_and_lists_those_that_are) {
    running_server server;
    for (const std::string_view method : {"POST", "TRACE", "BREW"}) {
        const auto reply = server.ask(method, "/api/v1/alerts/a");
        BOOST_TEST(reply.status == 405, method);
        BOOST_TEST(reply.problem() == "method_not_allowed");
        BOOST_TEST(reply.field("allow") == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    }
    const auto options = server.ask("OPTIONS", "/api/v1/alerts");
    BOOST_TEST(options.status == 204);
    BOOST_TEST(options.field("allow") == "GET, HEAD, POST, OPTIONS");
    BOOST_TEST(server.ask("OPTIONS", "/nothing").status == 404);
    BOOST_TEST(server.ask("OPTIONS", "*").status == 204);
}

BOOST_AUTO_TEST_CASE(every_reply_has_a_date) {
    running_server server(
        [](auto& settings) { settings.clock = [] { return siem::timestamp(1'795'428'000'123'456); }; });
    BOOST_TEST(server.get("/health/live").field("date") == "Mon, 23 Nov 2026 10:00:00 GMT");
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a")).text("/created_at") == "2026-11-23T10:00:00.123456Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace carrel::testing
