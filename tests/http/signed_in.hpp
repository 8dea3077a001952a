#pragma once

#include "http/fixture.hpp"
#include "siem/accounts.hpp"
#include "support/raw_client.hpp"

#include <string>
#include <string_view>

namespace carrel::testing {

inline constexpr std::string_view admin_password = "Correct-horse-1";

/// Passwords whose hashes cost next to nothing, for tests that are not about the cost.
inline void use_cheap_passwords() {
    siem::account_settings settings;
    settings.cost = access::cheapest_hash;
    siem::set_accounts(settings);
}

/// A session's cookie, and the token that a write of it needs.
struct browser {
    std::string cookie, csrf_token, user_id, session_id;

    std::string fields() const { return "Cookie: " + cookie + "\r\nX-CSRF-Token: " + csrf_token + "\r\n"; }
    std::string without_csrf() const { return "Cookie: " + cookie + "\r\n"; }
};

inline std::string bearer(std::string_view token) { return "Authorization: Bearer " + std::string(token) + "\r\n"; }

inline std::string login_body(std::string_view name, std::string_view password, std::string_view more = {}) {
    return R"({"username":")" + std::string(name) + R"(","password":")" + std::string(password) + "\"" +
           std::string(more) + "}";
}

/// The session that a reply to a log-in begins.
inline browser browser_of(const wire_reply& reply) {
    const std::string cookie = reply.field("set-cookie");
    return {cookie.substr(0, cookie.find(';')), reply.text("/csrf_token"), reply.text("/user_id"),
            reply.text("/session_id")};
}

template <class Server>
browser log_in(Server& server, std::string_view name, std::string_view password = admin_password) {
    return browser_of(server.post("/api/v1/auth/login", login_body(name, password)));
}

/// A user with the administrator's password; the first one needs no `by`. The id.
template <class Server>
std::string add_user(Server& server, std::string_view name, std::string_view role, const std::string& by = {},
                     std::string_view more = {}) {
    const auto reply =
        server.post("/api/v1/users",
                    R"({"username":")" + std::string(name) + R"(","role":")" + std::string(role) + R"(","password":")" +
                        std::string(admin_password) + "\"" + std::string(more) + "}",
                    by);
    return reply.status == 201 ? reply.text("/id") : throw std::runtime_error(reply.body);
}

/// A new token of a user; its text.
template <class Server>
std::string add_token(Server& server, std::string_view user_id, const std::string& by, std::string_view more = {}) {
    const auto reply = server.post("/api/v1/users/" + std::string(user_id) + "/tokens",
                                   R"({"name":"t")" + std::string(more) + "}", by);
    return reply.status == 201 ? reply.text("/token") : throw std::runtime_error(reply.body);
}

// A server with an administrator who is logged in, and passwords that cost nothing.
struct closed_house {
    closed_house() { use_cheap_passwords(); }
    static void any_rate(http::server_options& options) { options.limits.login_rate = 0; }

    running_server server{any_rate};
    std::string root_id = add_user(server, "root", "admin");
    browser root = log_in(server, "root");

    std::string token(std::string_view more = {}) { return add_token(server, root_id, root.fields(), more); }
    int status_of(std::string_view target, const std::string& fields) { return server.get(target, fields).status; }
};

inline std::string current_password(std::string_view text) {
    return R"({"current_password":")" + std::string(text) + "\"}";
}
inline std::string new_password(std::string_view text) { return R"({"password":")" + std::string(text) + "\"}"; }

}  // namespace carrel::testing
