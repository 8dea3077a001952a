#include "access/totp.hpp"
#include "http/signed_in.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

using namespace carrel;
using namespace carrel::testing;

BOOST_FIXTURE_TEST_SUITE(logins, closed_house)

BOOST_AUTO_TEST_CASE(a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get) {
    const auto reply = server.post("/api/v1/auth/login", login_body("ROOT", admin_password));
    BOOST_TEST(reply.status == 200);
    const std::string cookie = reply.field("set-cookie");
    for (const char* attribute : {"carrel_session=carrelsession_", "; Path=/", "; HttpOnly", "; SameSite=Strict"})
        BOOST_TEST(cookie.find(attribute) != cookie.npos);
    BOOST_TEST((cookie.find("; Secure") != cookie.npos) == all_over_tls());
    BOOST_TEST(reply.body.find("carrelsession_") == reply.body.npos);
    BOOST_TEST(server.get("/api/v1/users/me", root.without_csrf()).text("/username") == "root");
}

BOOST_AUTO_TEST_CASE(a_write_of_a_session_needs_its_token) {
    const std::string body = alert_body("a");
    BOOST_TEST(server.post("/api/v1/alerts", body, root.without_csrf()).problem() == "forbidden_csrf");
    const browser other = log_in(server, "root");
    BOOST_TEST(server.post("/api/v1/alerts", body, root.without_csrf() + "X-CSRF-Token: " + other.csrf_token + "\r\n")
                   .problem() == "forbidden_csrf");
    const auto made = server.post("/api/v1/alerts", body, root.fields());
    BOOST_TEST(made.status == 201);
    BOOST_TEST(server.get("/api/v1/alerts/a/history", root.fields()).status == 200);
}

BOOST_AUTO_TEST_CASE(a_log_out_ends_the_session_everywhere) {
    raw_client other(server.port());
    BOOST_TEST(other.ask("GET", "/api/v1/alerts", {}, root.fields()).status == 200);
    const auto out = server.ask("POST", "/api/v1/auth/logout", {}, root.fields());
    BOOST_TEST(out.status == 204);
    BOOST_TEST(out.field("set-cookie").find("Max-Age=0") != std::string::npos);
    const auto refused = other.ask("GET", "/api/v1/alerts", {}, root.fields());
    BOOST_TEST(refused.status == 401);
    BOOST_TEST(refused.field("www-authenticate") == "Bearer realm=\"carrel\", error=\"invalid_token\"");
}

BOOST_AUTO_TEST_CASE(a_log_in_ends_the_session_that_came_with_it) {
    const auto again = server.post("/api/v1/auth/login", login_body("root", admin_password), root.without_csrf());
    BOOST_TEST(again.status == 200);
    BOOST_TEST(status_of("/api/v1/alerts", root.fields()) == 401);
    BOOST_TEST(status_of("/api/v1/alerts", browser_of(again).fields()) == 200);
}

BOOST_AUTO_TEST_CASE(wrong_names_and_wrong_passwords_get_the_same_answer) {
    const auto wrong = server.post("/api/v1/auth/login", login_body("root", "Wrong-horse-1"));
    const auto unknown = server.post("/api/v1/auth/login", login_body("nobody", "Wrong-horse-1"));
    BOOST_TEST(wrong.status == 401);
    BOOST_TEST(unknown.status == 401);
    BOOST_TEST(wrong.text("/detail") == unknown.text("/detail"));
}

BOOST_AUTO_TEST_CASE(five_wrong_passwords_lock_a_name_whether_there_is_such_a_user_or_not) {
    for (const char* name : {"Root", "nobody"}) {
        for (int i = 0; i < 5; ++i)
            BOOST_TEST(server.post("/api/v1/auth/login", login_body(name, "Wrong-horse-1")).status == 401);
        const auto locked = server.post("/api/v1/auth/login", login_body(name, admin_password));
        BOOST_TEST(locked.status == 423);
        BOOST_TEST(locked.problem() == "locked");
        const int wait = std::stoi(locked.field("retry-after"));
        BOOST_TEST((wait > 800 && wait <= 900));
    }
    // Who is in stays in, and can let the other in again.
    BOOST_TEST(server.get("/api/v1/users/me", root.fields()).json().at("locked_until").is_string());
    BOOST_TEST(server.ask("POST", "/api/v1/users/" + root_id + "/unlock", {}, root.fields()).status == 204);
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", admin_password)).status == 200);
}

BOOST_AUTO_TEST_CASE(log_ins_at_once_do_not_get_more_tries_than_the_lock_allows) {
    std::vector<std::thread> threads;
    std::atomic<int> refused{0}, locked{0};
    for (int i = 0; i < 12; ++i)
        threads.emplace_back([&] {
            const auto reply = server.post("/api/v1/auth/login", login_body("root", "Wrong-horse-1"));
            ++(reply.status == 401 ? refused : locked);
        });
    for (auto& each : threads) each.join();
    BOOST_TEST(refused == 5);
    BOOST_TEST(locked == 7);
}

BOOST_AUTO_TEST_CASE(a_right_password_forgets_the_wrong_ones) {
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 4; ++i)
            BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", "Wrong-horse-1")).status == 401);
        BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", admin_password)).status == 200);
    }
}

BOOST_AUTO_TEST_CASE(a_password_that_expires_is_told_of_before_and_must_be_changed_after) {
    constexpr std::int64_t day = 86'400'000'000;
    std::atomic<std::int64_t> later{0};
    running_server aging([&](auto& options) {
        any_rate(options);
        options.clock = [&, real = options.clock] { return real() + later; };
    });
    add_user(aging, "root", "admin");
    const auto log_in_after = [&](std::int64_t days) {
        later = days * day;
        return aging.post("/api/v1/auth/login", login_body("root", admin_password));
    };
    const auto fresh = log_in_after(0);
    BOOST_TEST(fresh.json().at("password_expires_at").is_string());
    BOOST_TEST(!fresh.json().at("password_expires_soon").as_bool());
    BOOST_TEST(!log_in_after(75).json().at("password_expires_soon").as_bool());
    const auto warned = log_in_after(77);
    BOOST_TEST(warned.json().at("password_expires_soon").as_bool());
    BOOST_TEST(!warned.json().at("must_change_password").as_bool());
    const auto own = aging.get("/api/v1/auth/session", browser_of(warned).fields());
    BOOST_TEST(own.json().at("password_expires_soon").as_bool());
    BOOST_TEST(own.text("/password_expires_at") == fresh.text("/password_expires_at"));
    const auto over = log_in_after(91);
    BOOST_TEST(over.json().at("must_change_password").as_bool());
    BOOST_TEST(aging.get("/api/v1/alerts", browser_of(over).fields()).problem() == "password_change_required");
}

BOOST_AUTO_TEST_CASE(log_ins_of_one_address_are_slowed_down) {
    running_server slow([](auto& options) {
        options.limits.login_rate = 0.001;
        options.limits.login_burst = 3;
    });
    for (int i = 0; i < 3; ++i) BOOST_TEST(slow.post("/api/v1/auth/login", login_body("root", "x")).status == 401);
    const auto refused = slow.post("/api/v1/auth/login", login_body("root", "x"));
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.problem() == "too_many_requests");
    BOOST_TEST(std::stoi(refused.field("retry-after")) > 0);
}

BOOST_AUTO_TEST_CASE(a_password_is_changed_by_who_knows_it_and_other_sessions_end) {
    const browser other = log_in(server, "root");
    const auto change = [&](std::string_view current, std::string_view wanted) {
        return server.post(
            "/api/v1/auth/password",
            R"({"current_password":")" + std::string(current) + R"(","password":")" + std::string(wanted) + "\"}",
            root.fields());
    };
    BOOST_TEST(change("Wrong-horse-1", "Another-horse-2").text("/errors/0/field") == "current_password");
    for (const char* bad : {"short-A1", "alllowercaseletters", "xROOTx-horse-2", "Correct-horse-1"})
        BOOST_TEST(change(admin_password, bad).text("/errors/0/field") == "password");
    BOOST_TEST(change(admin_password, "Another-horse-2").status == 204);
    BOOST_TEST(status_of("/api/v1/alerts", other.fields()) == 401);
    BOOST_TEST(status_of("/api/v1/alerts", root.fields()) == 200);
    BOOST_TEST(change("Another-horse-2", "Correct-horse-1").status == 422);  // one of the last
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", admin_password)).status == 401);
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", "Another-horse-2")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_reset_password_must_be_changed_before_anything_else) {
    const std::string id = add_user(server, "eve", "analyst", root.fields());
    const browser before = log_in(server, "eve");
    BOOST_TEST(
        server.post("/api/v1/users/" + id + "/password", new_password("Another-horse-2"), root.fields()).status == 204);
    BOOST_TEST(status_of("/api/v1/alerts", before.fields()) == 401);
    const auto in = server.post("/api/v1/auth/login", login_body("eve", "Another-horse-2"));
    BOOST_TEST(in.json().at("must_change_password").as_bool());
    const browser eve = browser_of(in);
    BOOST_TEST(server.get("/api/v1/alerts", eve.fields()).problem() == "password_change_required");
    BOOST_TEST(status_of("/api/v1/auth/session", eve.fields()) == 200);
    BOOST_TEST(server
                   .post("/api/v1/auth/password",
                         R"({"current_password":"Another-horse-2","password":"Third-horse-33"})", eve.fields())
                   .status == 204);
    BOOST_TEST(status_of("/api/v1/alerts", eve.fields()) == 200);
}

BOOST_AUTO_TEST_CASE(an_authenticator_is_asked_for_its_code_and_no_code_counts_twice) {
    const auto begun = server.post("/api/v1/auth/totp", current_password(admin_password), root.fields());
    BOOST_TEST(begun.status == 200);
    const std::string secret = access::from_base32(begun.text("/secret")).value();
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const std::int64_t step = now / access::totp_step_us;
    const auto code_of = [&](std::int64_t at) { return access::totp_code(secret, at); };
    // Not in force before a code has been shown.
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", admin_password)).status == 200);
    const auto confirmed =
        server.post("/api/v1/auth/totp/confirm", R"({"code":")" + code_of(step) + "\"}", root.fields());
    BOOST_TEST(confirmed.status == 200);
    const auto codes = confirmed.json().at("recovery_codes").as_array();
    BOOST_TEST(codes.size() == 10);

    const auto without = server.post("/api/v1/auth/login", login_body("root", admin_password));
    BOOST_TEST(without.status == 401);
    BOOST_TEST(without.json().at("code_required").as_bool());
    const auto with = [&](const std::string& code) {
        return server.post("/api/v1/auth/login", login_body("root", admin_password, R"(,"code":")" + code + "\""))
            .status;
    };
    BOOST_TEST(with(code_of(step)) == 401);  // used up by the confirmation
    BOOST_TEST(with(code_of(step + 1)) == 200);
    BOOST_TEST(with(code_of(step + 1)) == 401);
    const std::string recovery(codes[3].as_string());
    BOOST_TEST(with(recovery) == 200);
    BOOST_TEST(with(recovery) == 401);
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", "Wrong-horse-1"))
                   .json()
                   .as_object()
                   .contains("code_required") == false);
    BOOST_TEST(server.ask("DELETE", "/api/v1/users/" + root_id + "/totp", {}, root.fields()).status == 403);
    BOOST_TEST(server
                   .post("/api/v1/auth/totp/disable", R"({"code":")" + std::string(codes[4].as_string()) + "\"}",
                         root.fields())
                   .status == 204);
    BOOST_TEST(server.post("/api/v1/auth/login", login_body("root", admin_password)).status == 200);
}

// A session that was stolen must not lock its owner out.
BOOST_AUTO_TEST_CASE(an_authenticator_is_given_to_who_knows_the_password) {
    BOOST_TEST(server.post("/api/v1/auth/totp", "{}", root.fields()).status == 422);
    for (int i = 0; i < 5; ++i) {
        const auto refused = server.post("/api/v1/auth/totp", current_password("Wrong-horse-1"), root.fields());
        BOOST_TEST(refused.status == 422);
        BOOST_TEST(refused.text("/errors/0/field") == "current_password");
    }
    BOOST_TEST(server.post("/api/v1/auth/totp", current_password(admin_password), root.fields()).status == 423);
    BOOST_TEST(server.get("/api/v1/users/me", root.fields()).json().at("totp_enabled").as_bool() == false);
}

BOOST_AUTO_TEST_CASE(who_must_change_the_password_can_do_nothing_else) {
    add_user(server, "eve", "analyst", root.fields(), R"(,"must_change_password":true)");
    const browser eve = log_in(server, "eve");
    BOOST_TEST(server.post("/api/v1/auth/totp", current_password(admin_password), eve.fields()).problem() ==
               "password_change_required");
    BOOST_TEST(status_of("/api/v1/auth/session", eve.fields()) == 200);
    BOOST_TEST(server.ask("POST", "/api/v1/auth/logout", {}, eve.fields()).status == 204);
}

// Whoever has given up must not keep the others waiting: hashes here cost what they cost.
BOOST_AUTO_TEST_CASE(a_log_in_past_its_deadline_is_not_checked) {
    siem::set_accounts({});
    running_server slow([](auto& options) {
        options.limits.login_rate = 0;
        options.limits.hashing_threads = 1;
    });
    // All are connected before the first one asks, each for a name of its own: a name that is locked costs nothing.
    std::deque<raw_client> waiting;
    for (int i = 0; i < 21; ++i) BOOST_TEST(waiting.emplace_back(slow.port()).ask("GET", "/health/live").status == 200);
    const auto ask = [&](std::size_t which, const std::string& more) {
        auto& client = waiting[which];
        const auto body = login_body("nobody-" + std::to_string(which), "Wrong-horse-1");
        client.send(client.request("POST", "/api/v1/auth/login", body, "Content-Type: application/json\r\n" + more));
    };
    for (std::size_t i = 0; i < 20; ++i) ask(i, "");
    auto& late = waiting.back();
    ask(20, "Carrel-Timeout-Ms: 40\r\n");
    BOOST_TEST(late.receive().status == 503);
    use_cheap_passwords();
}

BOOST_AUTO_TEST_CASE(sessions_are_listed_and_ended) {
    const browser other = log_in(server, "root");
    const auto list = server.get("/api/v1/users/me/sessions", root.fields());
    BOOST_TEST(list.json().at("items").as_array().size() == 2);
    BOOST_TEST(list.text("/items/0/address") == "127.0.0.1");
    BOOST_TEST(server.ask("DELETE", "/api/v1/users/me/sessions/" + other.session_id, {}, root.fields()).status == 204);
    BOOST_TEST(status_of("/api/v1/alerts", other.fields()) == 401);
    const browser third = log_in(server, "root");
    BOOST_TEST(server.ask("DELETE", "/api/v1/users/me/sessions", {}, root.fields()).status == 204);
    BOOST_TEST(status_of("/api/v1/alerts", third.fields()) == 401);
    BOOST_TEST(status_of("/api/v1/alerts", root.fields()) == 200);
}

BOOST_AUTO_TEST_CASE(log_ins_and_what_is_done_to_users_are_in_the_audit_log) {
    server.post("/api/v1/auth/login", login_body("root", "Wrong-horse-1"));
    server.post("/api/v1/auth/login", login_body("Hunter2-in-the-wrong-place", "x"));
    const std::string id = add_user(server, "eve", "analyst", root.fields());
    const std::string text = add_token(server, id, root.fields());
    for (int i = 0; i < 5; ++i) server.post("/api/v1/auth/login", login_body("eve", "Wrong-horse-1"));
    server.ask("POST", "/api/v1/users/" + id + "/unlock", {}, root.fields());
    const auto list = server.get("/api/v1/audit?sort=seq&limit=100", root.fields());
    std::string seen;
    const auto entries = list.json();
    for (const auto& each : entries.at("items").as_array()) {
        seen.append(each.at("principal").is_null() ? "?" : each.at("principal").as_string().c_str()).append(" ");
        seen.append(each.at("action").as_string().c_str()).append(" ");
        seen.append(each.at("outcome").as_string().c_str()).append("; ");
    }
    BOOST_TEST(
        seen ==
        "? create_user done; root login done; ? login_failed refused; ? login_failed refused; root create_user done; "
        "root create_api_token done; ? login_failed refused; ? login_failed refused; ? login_failed refused; "
        "? login_failed refused; ? login_failed refused; ? user_locked done; root unlock_user done; ");
    BOOST_TEST(list.text("/items/2/target") == "/users/" + root_id);
    BOOST_TEST(list.text("/items/2/address") == "127.0.0.1");
    for (const std::string& secret : {text, std::string("Hunter2"), std::string(admin_password)})
        BOOST_TEST(list.body.find(secret) == list.body.npos);
}

BOOST_AUTO_TEST_SUITE_END()
