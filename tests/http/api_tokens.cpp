#include "access/secret_token.hpp"
#include "base/base64url.hpp"
#include "http/signed_in.hpp"
#include "siem/access_upkeep.hpp"
#include "siem/login.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace carrel;
using namespace carrel::testing;

BOOST_FIXTURE_TEST_SUITE(api_tokens, closed_house)

BOOST_AUTO_TEST_CASE(a_rotated_token_is_another_one) {
    const auto made = server.post("/api/v1/users/me/tokens", R"({"name":"ci"})", root.fields());
    const std::string before = made.text("/token");
    const auto rotated = server.ask("POST", made.field("location") + "/rotate", {}, bearer(before));
    BOOST_TEST(rotated.status == 200);
    BOOST_TEST(rotated.text("/id") == made.text("/id"));
    BOOST_TEST(status_of("/api/v1/alerts", bearer(before)) == 401);
    BOOST_TEST(status_of("/api/v1/alerts", bearer(rotated.text("/token"))) == 200);
}

BOOST_AUTO_TEST_CASE(a_token_of_few_scopes_gets_no_more_of_its_own_user) {
    const std::string own = "/api/v1/users/" + root_id;
    const std::string writer = bearer(token(R"(,"scopes":["write:users"])"));
    const auto reset = server.post(own + "/password", R"({"password":"Another-horse-2"})", writer);
    BOOST_TEST(reset.status == 403);
    for (const char* const path : {"/totp", "/sessions"})
        BOOST_TEST(server.ask("DELETE", own + path, {}, writer).status == 403);
    BOOST_TEST(server.ask("POST", own + "/unlock", {}, writer).status == 403);
    const auto other = server.post("/api/v1/users/me/tokens", R"({"name":"shipper"})", root.fields());
    const std::string reader = bearer(token(R"(,"scopes":["read:alerts"])"));
    const auto ended = server.ask("DELETE", other.field("location"), {}, reader);
    BOOST_TEST(ended.status == 403);
    BOOST_TEST(ended.json().at("permissions").as_array().size() > 20);
    BOOST_TEST(server.ask("DELETE", "/api/v1/users/me/sessions", {}, reader).status == 403);
    BOOST_TEST(server.post("/api/v1/users/me/tokens", R"({"name":"t","scopes":["read:alerts"]})", reader).status ==
               403);
    BOOST_TEST(server.get(own + "/tokens", reader).status == 200);
    // A session has all the rights, and yet must know the password, or the code.
    BOOST_TEST(server.post(own + "/password", R"({"password":"Another-horse-2"})", root.fields()).status == 403);
    BOOST_TEST(server.ask("DELETE", own + "/totp", {}, root.fields()).status == 403);
}

BOOST_AUTO_TEST_CASE(what_a_token_makes_ends_no_later) {
    std::atomic<std::int64_t> later{0};
    running_server aging([&](auto& options) {
        any_rate(options);
        options.clock = [&, real = options.clock] { return real() + later; };
    });
    add_user(aging, "root", "admin");
    const browser who = log_in(aging, "root");
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const auto end = [&](std::int64_t seconds) { return siem::format_time(now + seconds * 1'000'000); };
    const auto made =
        aging.post("/api/v1/users/me/tokens", R"({"name":"t","expires_at":")" + end(600) + "\"}", who.fields());
    const std::string fields = bearer(made.text("/token"));
    const auto make = [&](const std::string& rest) {
        return aging.post("/api/v1/users/me/tokens", R"({"name":"u")" + rest + "}", fields).status;
    };
    BOOST_TEST(make("") == 403);
    BOOST_TEST(make(R"(,"expires_at":")" + end(601) + "\"") == 403);
    BOOST_TEST(make(R"(,"expires_at":")" + end(600) + "\"") == 201);
    const std::string merge = "Content-Type: application/merge-patch+json\r\n";
    for (const std::string& to : {std::string("null"), "\"" + end(900) + "\""})
        BOOST_TEST(aging.ask("PATCH", made.field("location"), R"({"expires_at":)" + to + "}", fields + merge).status ==
                   403);
    BOOST_TEST(aging.ask("POST", made.field("location") + "/rotate", {}, who.fields()).status == 200);
    later = std::int64_t{601} * 1'000'000;
    BOOST_TEST(aging.ask("POST", made.field("location") + "/rotate", {}, who.fields()).status == 409);
}

BOOST_AUTO_TEST_CASE(shippers_are_refused_in_their_own_words) {
    const auto splunk = server.post("/services/collector/event", R"({"event":"x"})", "Authorization: Splunk x\r\n");
    BOOST_TEST(splunk.status == 401);
    BOOST_TEST(splunk.number("/code") == 3);
    const std::string reader = bearer(token(R"(,"scopes":["read:alerts"])"));
    BOOST_TEST(server.post("/services/collector/event", R"({"event":"x"})", reader).number("/code") == 4);
    BOOST_TEST(server.post("/_bulk", "{}\n", "").text("/error/type") == "security_exception");
}

BOOST_AUTO_TEST_CASE(shippers_send_their_token_as_their_protocols_have_it) {
    const std::string text = token(R"(,"scopes":["write:events"])");
    const std::string pair = siem::to_base64("anything:" + text);
    for (const std::string& value : {"Bearer " + text, "Splunk " + text, "Basic " + pair, "ApiKey " + pair})
        BOOST_TEST(server.ingest("{\"message\":\"m\"}\n", "Authorization: " + value + "\r\n").status == 201);
    for (const char* const value : {"Bearer x", "Digest a=b", "Basic !", "Basic", "Bearer", "Bearer  "})
        BOOST_TEST(server.ingest("{\"message\":\"m\"}\n", "Authorization: " + std::string(value) + "\r\n").status ==
                   401);
    BOOST_TEST(server.get("/api/v1/events", bearer(text)).status == 403);
}

BOOST_AUTO_TEST_CASE(a_revoked_token_lets_in_no_request_that_begins_after_the_reply) {
    running_server busy([](auto& options) {
        options.shards = 2;
        options.limits.login_rate = 0;
    });
    const std::string id = add_user(busy, "root", "admin");
    const browser who = log_in(busy, "root");
    for (int round = 0; round < 20; ++round) {
        const auto made = busy.post("/api/v1/users/me/tokens", R"({"name":"t"})", who.fields());
        const std::string fields = bearer(made.text("/token"));
        std::atomic<bool> is_revoked{false};
        std::atomic<int> late{0}, served{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                raw_client client(busy.port());
                for (bool begun_after = false; !begun_after;) {
                    begun_after = is_revoked;
                    const bool is_let_in = client.ask("GET", "/api/v1/alerts", {}, fields).status == 200;
                    served += is_let_in ? 1 : 0;
                    late += is_let_in && begun_after ? 1 : 0;
                }
            });
        eventually([&] { return served >= 4; });
        BOOST_TEST(busy.ask("DELETE", made.field("location"), {}, who.fields()).status == 204);
        is_revoked = true;
        for (auto& each : threads) each.join();
        BOOST_TEST(late == 0);
    }
}

BOOST_AUTO_TEST_CASE(where_a_token_was_used_from_is_written_down_once) {
    auto in_force = std::make_shared<siem::access_in_force>();
    running_server watched([&](auto& options) {
        options.access = in_force;
        options.limits.login_rate = 0;
    });
    const std::string id = add_user(watched, "root", "admin");
    const browser who = log_in(watched, "root");
    const std::string text = add_token(watched, id, who.fields());
    const auto ask_from = [&](const char* address) {
        raw_client client;
        client.come_from(address);
        client.connect(watched.port());
        return client.ask("GET", "/api/v1/alerts", {}, bearer(text)).status;
    };
    for (const char* address : {"127.0.0.2", "127.0.0.3", "127.0.0.2"}) BOOST_TEST(ask_from(address) == 200);
    const auto fresh = in_force->take_new_addresses();
    BOOST_TEST(fresh.size() == 2u);
    BOOST_TEST(in_force->take_new_addresses().empty());
    const auto kept =
        watched.store().write([&](write_session& session) { return siem::note_addresses(session, fresh); });
    BOOST_TEST(kept.has_value());
    const auto list = watched.get("/api/v1/users/me/tokens", who.fields());
    BOOST_TEST(list.text("/items/0/addresses/0") == "127.0.0.2");
    BOOST_TEST(list.text("/items/0/addresses/1") == "127.0.0.3");
    BOOST_TEST(watched.get("/api/v1/audit/count?action=token_address", who.fields()).number("/count") == 2);
}

BOOST_AUTO_TEST_SUITE_END()
