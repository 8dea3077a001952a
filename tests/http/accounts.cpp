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

BOOST_FIXTURE_TEST_SUITE(accounts, closed_house)

BOOST_AUTO_TEST_CASE(nobody_has_to_log_in_until_there_is_a_user_and_everybody_from_then_on) {
    running_server open(any_rate);
    BOOST_TEST(open.get("/api/v1/alerts").status == 200);
    BOOST_TEST(open.get("/api/v1/auth/session").json().at("permissions").as_array().size() == access::permission_count);
    add_user(open, "root", "admin");
    const auto refused = open.get("/api/v1/alerts");
    BOOST_TEST(refused.status == 401);
    BOOST_TEST(refused.problem() == "unauthorized");
    BOOST_TEST(refused.field("www-authenticate") == "Bearer realm=\"carrel\"");
    BOOST_TEST(open.get("/health/live").status == 200);
    BOOST_TEST(open.get("/openapi.json").status == 200);
}

BOOST_AUTO_TEST_CASE(the_first_user_is_an_administrator_with_a_password) {
    running_server open(any_rate);
    for (const char* body :
         {R"({"username":"eve","role":"viewer","password":"Correct-horse-1"})", R"({"username":"eve","role":"admin"})",
          R"({"username":"eve","role":"admin","active":false,"password":"Correct-horse-1"})"})
        BOOST_TEST(open.post("/api/v1/users", body).status == 409);
    BOOST_TEST(open.get("/api/v1/alerts").status == 200);
}

BOOST_AUTO_TEST_CASE(login_may_be_required_while_there_are_no_users) {
    running_server shut([](auto& options) { options.require_login = true; });
    BOOST_TEST(shut.get("/api/v1/alerts").status == 401);
    const std::string token = siem::begin_setup();
    const auto with = [](const std::string& text) {
        return R"({"token":")" + text + R"(","username":"root","password":"Correct-horse-1"})";
    };
    BOOST_TEST(shut.post("/api/v1/auth/setup", with(access::make_token(access::token_kind::api).text)).status == 403);
    BOOST_TEST(shut.post("/api/v1/auth/setup", with(token)).status == 201);
    BOOST_TEST(shut.post("/api/v1/auth/setup", with(token)).status == 409);
    BOOST_TEST(shut.get("/api/v1/alerts", log_in(shut, "root").fields()).status == 200);
}

BOOST_AUTO_TEST_CASE(a_token_is_shown_once_and_lets_in_until_it_is_revoked) {
    const auto made = server.post("/api/v1/users/me/tokens", R"({"name":"ci"})", root.fields());
    BOOST_TEST(made.status == 201);
    const std::string text = made.text("/token"), place = made.field("location");
    BOOST_TEST(place == "/api/v1/users/" + root_id + "/tokens/" + made.text("/id"));
    raw_client machine(server.port());
    BOOST_TEST(machine.ask("GET", "/api/v1/alerts", {}, bearer(text)).status == 200);
    const auto seen = server.get(place, bearer(text));
    BOOST_TEST(seen.body.find(text) == seen.body.npos);
    BOOST_TEST(text.starts_with(seen.text("/prefix")));
    BOOST_TEST(!seen.json().as_object().contains("hash"));
    BOOST_TEST(server.ask("DELETE", place, {}, root.fields()).status == 204);
    BOOST_TEST(machine.ask("GET", "/api/v1/alerts", {}, bearer(text)).status == 401);
}

BOOST_AUTO_TEST_CASE(a_key_is_of_who_sends_it) {
    add_user(server, "eve", "analyst", root.fields());
    const browser eve = log_in(server, "eve");
    const std::string key = "Idempotency-Key: k\r\n";
    const std::string body = R"({"title":"t","severity":"low"})";
    const auto first = server.post("/api/v1/alerts", body, eve.fields() + key);
    const auto other = server.post("/api/v1/alerts", body, root.fields() + key);
    BOOST_TEST(other.status == 201);
    BOOST_TEST(other.text("/id") != first.text("/id"));
    BOOST_TEST(server.post("/api/v1/alerts", body, eve.fields() + key).text("/id") == first.text("/id"));
}

BOOST_AUTO_TEST_CASE(of_users_that_are_not_there_nothing_is_listed) {
    BOOST_TEST(status_of("/api/v1/users/nosuch/tokens", root.fields()) == 404);
    BOOST_TEST(status_of("/api/v1/users/nosuch/sessions", root.fields()) == 404);
}

// Two may find the house open, and one is first.
BOOST_AUTO_TEST_CASE(who_was_let_in_by_an_open_house_makes_no_second_user) {
    running_server open(any_rate);
    std::atomic<int> made{0},
        refused{0};  // what is checked is checked by one thread: Boost.Test's macros are not for several
    std::vector<std::thread> threads;
    for (const char* const name : {"ann", "bob", "cid", "dan", "eve", "fay"})
        threads.emplace_back([&, name] {
            const auto reply =
                open.post("/api/v1/users", R"({"username":")" + std::string(name) + R"(","role":"admin","password":")" +
                                               std::string(admin_password) + "\"}");
            made += reply.status == 201;
            refused += reply.status == 401;
        });
    for (auto& each : threads) each.join();
    BOOST_TEST(made == 1);
    BOOST_TEST(refused == 5);
}

BOOST_AUTO_TEST_CASE(who_has_sent_too_much_may_still_look_after_the_server) {
    running_server watched([](auto& options) {
        any_rate(options);
        options.limits.principal_rate = 1;
        options.limits.principal_burst = 20;
    });
    const std::string id = add_user(watched, "root", "admin");
    const std::string fields = bearer(add_token(watched, id, log_in(watched, "root").fields()));
    int status = 200;
    for (int i = 0; i < 1000 && status == 200; ++i) status = watched.get("/api/v1/alerts/count", fields).status;
    BOOST_TEST(status == 429);
    for (const char* const probe : {"/metrics", "/api/v1/pool", "/health/live", "/services/collector/health"})
        BOOST_TEST(watched.get(probe, fields).status == 200);
}

BOOST_AUTO_TEST_CASE(the_audit_log_says_which_rights_were_given) {
    const std::string id = add_user(server, "eve", "viewer", root.fields());
    server.ask("PATCH", "/api/v1/users/" + id, R"({"role":"admin"})",
               root.fields() + "Content-Type: application/merge-patch+json\r\n");
    server.post("/api/v1/roles", R"({"id":"own","name":"own","permissions":["read:alerts"]})", root.fields());
    server.ask("DELETE", "/api/v1/users/" + id, {}, root.fields());
    const auto list = server.get("/api/v1/audit?sort=-seq&limit=4", root.fields());
    BOOST_TEST(list.text("/items/1/detail/record/permissions/0") == "read:alerts");
    BOOST_TEST(list.text("/items/2/detail/record/role") == "admin");
    BOOST_TEST(list.text("/items/3/detail/record/role") == "viewer");
    BOOST_TEST(list.text("/items/3/detail/record/username") == "eve");
    BOOST_TEST(list.body.find("password") == list.body.npos);
}

BOOST_AUTO_TEST_CASE(a_refusal_names_the_permission) {
    const std::string text = token(R"(,"scopes":["read:alerts"])");
    const auto refused = server.post("/api/v1/alerts", alert_body("a"), bearer(text));
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.problem() == "forbidden");
    BOOST_TEST(refused.text("/permissions/0") == "write:alerts");
}

BOOST_AUTO_TEST_CASE(a_member_may_need_a_permission_of_its_own) {
    BOOST_TEST(server.post("/api/v1/alerts", alert_body("a"), root.fields()).status == 201);
    const std::string text = token(R"(,"scopes":["write:alerts"])");
    const std::string fields = bearer(text) + "Content-Type: application/json\r\n";
    BOOST_TEST(server.ask("PATCH", "/api/v1/alerts/a", R"({"title":"x"})", fields).status == 200);
    const auto refused = server.ask("PATCH", "/api/v1/alerts/a", R"({"assigned_to":"eve"})", fields);
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.text("/errors/0/field") == "assigned_to");
    BOOST_TEST(refused.text("/errors/0/detail") == "needs the permission alert:assign");
    BOOST_TEST(server.ask("PATCH", "/api/v1/alerts/a", R"({"disposition":"benign"})", fields).status == 403);
    BOOST_TEST(server.post("/api/v1/alerts/a/status", R"({"status":"acknowledged"})", bearer(text)).status == 403);
    BOOST_TEST(server.post("/api/v1/alerts/bulk", R"({"action":"delete","ids":["a"]})", bearer(text)).status == 403);
}

BOOST_AUTO_TEST_CASE(nobody_gets_rights_by_giving_them) {
    const auto helper_role =
        server.post("/api/v1/roles", R"({"id":"helper","name":"helper","permissions":["read:users","write:users"]})",
                    root.fields());
    BOOST_TEST(helper_role.status == 201);
    const std::string helper_id = add_user(server, "helper", "helper", root.fields());
    const browser helper = log_in(server, "helper");
    const auto of = [&](std::string_view id, std::string_view rest) {
        return "/api/v1/users/" + std::string(id) + std::string(rest);
    };
    const std::string json = helper.fields() + "Content-Type: application/json\r\n";
    BOOST_TEST(
        server
            .post("/api/v1/users", R"({"username":"eve","role":"admin","password":"Correct-horse-1"})", helper.fields())
            .status == 403);
    BOOST_TEST(server.post(of(root_id, "/password"), new_password("Another-horse-2"), helper.fields()).status == 403);
    BOOST_TEST(server.post(of(root_id, "/tokens"), R"({"name":"t"})", helper.fields()).status == 403);
    BOOST_TEST(server.ask("DELETE", of(root_id, "/totp"), {}, helper.fields()).status == 403);
    BOOST_TEST(server.ask("DELETE", of(root_id, ""), {}, helper.fields()).status == 403);
    BOOST_TEST(server.ask("PATCH", of(root_id, ""), R"({"active":false})", json).status == 403);
    BOOST_TEST(server.ask("PATCH", of(helper_id, ""), R"({"role":"admin"})", json).status == 422);
    BOOST_TEST(
        server.post("/api/v1/roles", R"({"name":"mine","permissions":["admin:system"]})", helper.fields()).status ==
        403);
    // Nor many at once: each item of a bulk request is the same caller's.
    const auto keeper_role = server.post(
        "/api/v1/roles", R"({"id":"keeper","name":"keeper","permissions":["read:users","write:users","admin:system"]})",
        root.fields());
    BOOST_TEST(keeper_role.status == 201);
    add_user(server, "keeper", "keeper", root.fields());
    const browser keeper = log_in(server, "keeper");
    for (
        const char* body :
        {R"({"action":"create","items":[{"name":"mine","permissions":["delete:events"]}]})",
         R"({"action":"patch","ids":["keeper"],"patch":{"permissions":["write:users","admin:system","delete:events"]}})"}) {
        const auto many = server.post("/api/v1/roles/bulk", body, keeper.fields());
        BOOST_TEST((many.status == 422 || many.number("/succeeded") == 0), many.body);
    }
    BOOST_TEST(server.get("/api/v1/roles/keeper", root.fields()).body.find("delete:events") == std::string::npos);
    const std::string little = token(R"(,"scopes":["read:alerts"])");
    BOOST_TEST(server.post("/api/v1/users/me/tokens", R"({"name":"t"})", bearer(little)).status == 403);
}

BOOST_AUTO_TEST_CASE(what_is_a_persons_own_others_do_not_see) {
    add_user(server, "eve", "analyst", root.fields());
    const browser eve = log_in(server, "eve");
    BOOST_TEST(server.get("/api/v1/users/me/tokens", eve.fields()).status == 200);
    BOOST_TEST(server.get("/api/v1/users/" + root_id + "/tokens", eve.fields()).status == 403);
    BOOST_TEST(server.get("/api/v1/users/" + root_id + "/sessions", eve.fields()).status == 403);
    BOOST_TEST(server.get("/api/v1/users", eve.fields()).status == 403);
    BOOST_TEST(server.get("/api/v1/users/assignable", eve.fields()).json().at("items").as_array().size() == 2);
    const auto seen = server.get("/api/v1/users", root.fields());
    for (const char* secret : {"password\"", "hash\"", "$argon2", "totp_secret\"", "recovery"})
        BOOST_TEST(seen.body.find(std::string("\"") + secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_change_of_role_counts_for_the_next_request) {
    const std::string id = add_user(server, "eve", "analyst", root.fields());
    const browser eve = log_in(server, "eve");
    raw_client client(server.port());
    const std::string json = "Content-Type: application/json\r\n";
    BOOST_TEST(client.ask("POST", "/api/v1/alerts", alert_body("a"), eve.fields() + json).status == 201);
    const auto patch = [&](std::string_view body) {
        return server.ask("PATCH", "/api/v1/users/" + id, body, root.fields() + json).status;
    };
    BOOST_TEST(patch(R"({"role":"viewer"})") == 200);
    BOOST_TEST(client.ask("POST", "/api/v1/alerts", alert_body("b"), eve.fields() + json).status == 403);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts", {}, eve.fields()).status == 200);
    BOOST_TEST(patch(R"({"active":false})") == 200);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts", {}, eve.fields()).status == 401);
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("eve", admin_password)).status == 401);
    BOOST_TEST(patch(R"({"active":true})") == 200);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts", {}, eve.fields()).status == 401);
}

BOOST_AUTO_TEST_CASE(a_change_of_a_roles_permissions_counts_for_all_who_have_it) {
    BOOST_TEST(server
                   .post("/api/v1/roles",
                         R"({"id":"triage","name":"triage","permissions":["read:alerts","read:rules"]})", root.fields())
                   .status == 201);
    const std::string id = add_user(server, "eve", "triage", root.fields());
    const std::string text = add_token(server, id, root.fields());
    BOOST_TEST(status_of("/api/v1/rules", bearer(text)) == 200);
    BOOST_TEST(server
                   .ask("PATCH", "/api/v1/roles/triage", R"({"permissions":["read:alerts"]})",
                        root.fields() + "Content-Type: application/json\r\n")
                   .status == 200);
    BOOST_TEST(status_of("/api/v1/rules", bearer(text)) == 403);
    BOOST_TEST(status_of("/api/v1/alerts", bearer(text)) == 200);
    BOOST_TEST(server.ask("DELETE", "/api/v1/roles/triage", {}, root.fields()).status == 409);
    BOOST_TEST(server.ask("DELETE", "/api/v1/roles/viewer", {}, root.fields()).status == 409);
}

BOOST_AUTO_TEST_CASE(an_administrator_is_always_left) {
    const std::string json = root.fields() + "Content-Type: application/json\r\n";
    BOOST_TEST(server.ask("DELETE", "/api/v1/users/" + root_id, {}, root.fields()).status == 409);
    const std::string id = add_user(server, "second", "admin", root.fields());
    const browser second = log_in(server, "second");
    BOOST_TEST(server
                   .ask("PATCH", "/api/v1/users/" + root_id, R"({"role":"viewer"})",
                        second.fields() + "Content-Type: application/json\r\n")
                   .status == 200);
    BOOST_TEST(server.ask("DELETE", "/api/v1/users/" + id, {}, second.fields()).status == 409);
    BOOST_TEST(server
                   .ask("PATCH", "/api/v1/users/" + id, R"({"active":false})",
                        second.fields() + "Content-Type: application/json\r\n")
                   .status == 422);
}

BOOST_AUTO_TEST_CASE(what_is_told_once_is_kept_under_no_key) {
    const std::string key = "Idempotency-Key: k\r\n";
    BOOST_TEST(server.post("/api/v1/users/me/tokens", R"({"name":"t"})", root.fields() + key).status == 400);
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", admin_password), key).status == 400);
    BOOST_TEST(server.post("/api/v1/users", R"({"username":"eve","role":"viewer"})", root.fields() + key).status ==
               400);
}

BOOST_AUTO_TEST_CASE(who_did_it_is_written_down) {
    BOOST_TEST(
        server.post("/api/v1/rules", R"({"name":"r","query":"powershell","severity":"low"})", root.fields()).status ==
        201);
    BOOST_TEST(server.get("/api/v1/rules", root.fields()).text("/items/0/created_by") == "root");
    BOOST_TEST(server.get("/api/v1/users", root.fields()).text("/items/0/username") == "root");
}

BOOST_AUTO_TEST_CASE(a_stranger_is_refused_before_the_body_comes) {
    raw_client client(server.port());
    client.send("POST /api/v1/events HTTP/1.1\r\nHost: " + client.authority() +
                "\r\nContent-Type: application/x-ndjson\r\nExpect: 100-continue\r\nContent-Length: 60000000\r\n\r\n");
    BOOST_TEST(client.receive().status == 401);
}

BOOST_AUTO_TEST_CASE(what_was_given_survives_a_restart) {
    const std::string text = token();
    auto second = http::server::listen(server.store(), running_server::another_servers_options()).value();
    BOOST_REQUIRE(second.run());
    raw_client client(second.port());
    BOOST_TEST(client.ask("GET", "/api/v1/alerts", {}, bearer(text)).status == 200);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts", {}, root.fields()).status == 200);
    BOOST_TEST(client.ask("GET", "/api/v1/alerts").status == 401);
    client.close();
    second.stop(std::chrono::milliseconds(1000));
}

// Four clients write all the time while a role and a user's role change under them: each write that begins after a change's reply
// has what the change says.
BOOST_AUTO_TEST_CASE(a_changed_role_counts_for_every_request_that_begins_after_the_reply) {
    running_server busy([](auto& options) {
        options.shards = 2;
        options.limits.login_rate = 0;
        options.limits.requests_per_connection_max =
            100'000'000;  // a refusal takes no time, and a change may take long
    });
    add_user(busy, "root", "admin");
    const browser who = log_in(busy, "root");
    busy.post("/api/v1/roles", R"({"id":"own","name":"own","permissions":["read:alerts","write:alerts"]})",
              who.fields());
    const std::string id = add_user(busy, "eve", "own", who.fields());
    const std::string fields = bearer(add_token(busy, id, who.fields()));
    // Grows before a change is requested and after its reply: the same even number before and after a request says that no change
    // was about meanwhile, and which one was the last.
    std::atomic<int> changes{0};
    std::atomic<bool> is_over{false};
    std::atomic<int> wrong{0}, allowed{0}, refused{0};
    const auto may_write = [](int done) { return done / 2 % 2 == 0; };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            raw_client client(busy.port());
            while (!is_over) {
                const int before = changes;
                const int status = client
                                       .ask("POST", "/api/v1/alerts", R"({"title":"t","severity":"low"})",
                                            fields + "Content-Type: application/json\r\n")
                                       .status;
                if (status != 201 && status != 403) ++wrong;
                ++(status == 201 ? allowed : refused);
                if (before % 2 == 0 && before == changes && (status == 201) != may_write(before)) ++wrong;
            }
        });
    const auto change = [&](const std::string& target, std::string_view body) {
        ++changes;
        const auto reply =
            busy.ask("PATCH", target, body, who.fields() + "Content-Type: application/merge-patch+json\r\n");
        ++changes;
        BOOST_TEST(reply.status == 200);
        const int seen = allowed + refused;
        eventually([&] { return allowed + refused >= seen + 8; });
    };
    for (int round = 0; round < 10; ++round) {
        change("/api/v1/roles/own", R"({"permissions":["read:alerts"]})");
        change("/api/v1/roles/own", R"({"permissions":["read:alerts","write:alerts"]})");
        change("/api/v1/users/" + id, R"({"role":"viewer"})");
        change("/api/v1/users/" + id, R"({"role":"own"})");
    }
    is_over = true;
    for (auto& each : threads) each.join();
    BOOST_TEST(wrong == 0);
    BOOST_TEST(allowed > 0);
    BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_SUITE_END()
