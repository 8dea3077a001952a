#include "http/pipeline/authentication.hpp"

#include "access/secret_token.hpp"
#include "base/base64url.hpp"
#include "http/net/client_certificate.hpp"
#include "http/pipeline/exchange.hpp"
#include "http/pipeline/rate_limits.hpp"
#include "http/pipeline/shard_context.hpp"
#include "http/protocol/text.hpp"
#include "siem/login.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace carrel::http {

namespace {

constexpr std::int64_t use_noted_every = 1'000'000;  // microseconds; a use is written down by the minute

struct presented {
    std::string_view token;
    access::token_kind kind = access::token_kind::api;
    bool is_given = false;  // in whatever form
};

// The value behind a scheme's name and a blank; nothing if it is another scheme.
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) noexcept {
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ' ||
        !equals_ignoring_case(value.substr(0, scheme.size()), scheme))
        return std::nullopt;
    value.remove_prefix(scheme.size());
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
}

// Log shippers have a user and a password, or an id and a key, where others have a token: the second is taken.
std::string_view behind_colon(std::string_view base64, std::string& room) {
    auto pair = siem::from_base64(base64);
    if (!pair) return {};
    room = std::move(*pair);
    const auto colon = room.find(':');
    return colon == room.npos ? std::string_view() : std::string_view(room).substr(colon + 1);
}

presented from_authorization(std::string_view value, std::string& room) {
    for (const std::string_view scheme : {"Bearer", "Splunk"})
        if (const auto token = after_scheme(value, scheme)) return {*token, access::token_kind::api, true};
    for (const std::string_view scheme : {"Basic", "ApiKey"})
        if (const auto pair = after_scheme(value, scheme))
            return {behind_colon(*pair, room), access::token_kind::api, true};
    return {{}, access::token_kind::api, true};
}

// The value of one cookie of a list: `a=1; b=2`.
std::string_view cookie_named(std::string_view name, std::string_view list) noexcept {
    while (!list.empty()) {
        const auto end = std::min(list.find(';'), list.size());
        std::string_view one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
            return one.substr(name.size() + 1);
    }
    return {};
}

presented present(const exchange& ex, const request_head& head, std::string& room) {
    if (head.has(field::authorization)) return from_authorization(head[field::authorization], room);
    if (!head.has(field::cookie)) return {};
    // By TLS a cookie that could have been set without it counts for nothing.
    const auto name = ex.request.call.is_encrypted ? siem::secure_session_cookie : siem::session_cookie;
    const auto token = cookie_named(name, head[field::cookie]);
    return {token, access::token_kind::session, !token.empty()};
}

void look_up(exchange& ex, const presented& given, kept_credential& kept) {
    auto& in_force = *ex.context->server().access;
    const auto generation = in_force.generation();
    const auto& client = ex.request.client_address;
    if (kept.generation == generation && kept.client == client && access::same(kept.token, given.token)) return;
    kept = {};
    // What is no token may be long, and is not kept.
    const auto parts = access::parse_token(given.token);
    if (!parts || parts->kind != given.kind) return;
    kept = {std::string(given.token), {}, generation, client, nullptr};
    kept.who = in_force.find(access::digest_of(parts->secret));
    if (kept.who == nullptr) return;
    if (given.kind == access::token_kind::session)
        kept.csrf_token = std::make_shared<const std::string>(siem::csrf_token_of(given.token));
    else if (!kept.who->has_expired(ex.context->now()))
        in_force.note_address(kept.who, client.text(), ex.context->now());
}

bool refuse_unknown(exchange& ex, bool was_given) {
    ex.response.challenge = was_given ? challenge::invalid_token : challenge::plain;
    ex.refuse(refusal::unauthorized, was_given ? "The token or session is not known, or has ended."
                                               : "Log in, or send a token: Authorization: Bearer.");
    return false;
}

bool refuse_rights(exchange& ex, access::permission_set missing) {
    std::string list;
    std::string json = "[";
    for (const std::string_view name : missing.names()) {
        list.append(list.empty() ? "" : " and ").append(name);
        json.append(json.size() == 1 ? "\"" : ",\"").append(name).append("\"");
    }
    const std::pair<std::string, std::string> extra[] = {{"permissions", json + "]"}};
    ex.refuse(refusal::forbidden, "This needs the permission " + list + ".", {}, extra);
    return false;
}

// A browser adds a cookie to whatever a page of another site makes it send; the token of the session it does not.
bool pass_csrf(exchange& ex, const request_head& head, const kept_credential& kept) {
    if (kept.who->by != access::credential::session || !is_mutation(ex.request.method)) return true;
    if (access::same(head[field::csrf_token], *kept.csrf_token)) return true;
    ex.refuse(refusal::forbidden_csrf, "A write of a session needs its token in X-CSRF-Token.");
    return false;
}

// What somebody may do who must change the password first.
bool is_open_before_change(std::string_view path) noexcept {
    return path == "/api/v1/auth/password" || path == "/api/v1/auth/session" || path == "/api/v1/auth/logout";
}

bool pass_rights(exchange& ex, const access::identity& who) {
    const auto& needs = ex.request.endpoint->needs;
    if (who.must_change_password && !is_open_before_change(ex.request.path())) {
        ex.refuse(refusal::password_change_required, "Change the password first: POST /api/v1/auth/password.");
        return false;
    }
    if (needs.is_met_by(who.may)) return true;
    return refuse_rights(ex, needs.wanted().without(who.may));
}

void note_use(const access::identity& who, std::int64_t now) noexcept {
    if (now - who.last_used_at.load(std::memory_order_relaxed) >= use_noted_every)
        who.last_used_at.store(now, std::memory_order_relaxed);
}

}  // namespace

bool authenticate(exchange& ex, const request_head& head) {
    const auto& server = ex.context->server();
    const auto& needs = ex.request.endpoint->needs;
    if (!server.access->has_users() && (!server.requires_login || needs.is_for_anyone())) return true;
    std::string room;
    const presented given = present(ex, head, room);
    const auto* const certificate = ex.request.client_certificate.get();
    kept_credential own;
    kept_credential& kept = given.is_given && ex.credential != nullptr ? *ex.credential : own;
    if (given.is_given) look_up(ex, given, kept);
    else if (certificate != nullptr) kept.who = server.access->find_certificate(certificate->sha256);
    const bool was_given = given.is_given || certificate != nullptr;
    const auto now = ex.context->now();
    if (kept.who == nullptr || kept.who->has_expired(now))
        return needs.is_for_anyone() || refuse_unknown(ex, was_given);
    if (!pass_principal_rate(ex, static_cast<std::uint64_t>(kept.who->user_row))) return false;
    auto& call = ex.request.call;
    if (!needs.is_for_anyone() && !(pass_csrf(ex, head, kept) && pass_rights(ex, *kept.who))) return false;
    note_use(*kept.who, now);
    call.who = kept.who;
    call.principal = kept.who->username;
    call.csrf_token = kept.csrf_token;
    return true;
}

}  // namespace carrel::http
