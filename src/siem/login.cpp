#include "siem/login.hpp"

#include "access/secret_token.hpp"
#include "base/base64url.hpp"
#include "base/sha256.hpp"
#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/accounts.hpp"
#include "siem/login_state.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t sessions_max = 100;  // of one user; the oldest gives way

// What a log-in knows, a step at a time: who says to come, what is stored of them, whether the password was theirs.
struct login_attempt : input {
    std::string username, password, code;
    std::optional<stored_credentials> stored;
    bool is_password = false;
    std::string better_hash;  // of another cost than the stored one
    login_attempt() = default;
    login_attempt(const login_attempt& other)
        : input(),
          username(other.username),
          password(other.password),
          code(other.code) {}
};

const std::vector<field>& login_fields() {
    static const std::vector<field> all = {
        {.name = "username", .required = true, .min = 1, .max = 200},
        {.name = "password", .required = true, .min = 1, .max = 1024},
        {.name = "code", .min = 1, .max = 50, .summary = "Of the authenticator, or one of those for recovery."}};
    return all;
}

std::optional<problem> check_login(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(login_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<login_attempt>();
    std::string* const texts[] = {&parsed->username, &parsed->password, &parsed->code};
    for (std::size_t i = 0; i < 3; ++i)
        if (given[i] && std::holds_alternative<std::string>(*given[i])) *texts[i] = std::get<std::string>(*given[i]);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> find_credentials(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto attempt = std::make_unique<login_attempt>(static_cast<const login_attempt&>(*request.parsed));
    if (auto open = require_unlocked(session, attempt->username, request.now, into); !open) return open;
    auto stored = credentials_of_name(session, attempt->username);
    if (!stored) return stored.error();
    attempt->stored = std::move(*stored);
    into.rest = std::move(attempt);
    return {};
}

// A user that is not there takes the time of one that is.
void check_password(const operation&, call& request) {
    auto& attempt = static_cast<login_attempt&>(*request.parsed);
    const auto& cost = accounts_in_force().cost;
    if (!attempt.stored || !attempt.stored->password_hash) return access::spend_like_a_check(attempt.password, cost);
    attempt.is_password = access::is_password(*attempt.stored->password_hash, attempt.password);
    if (!attempt.is_password || !access::needs_rehash(*attempt.stored->password_hash, cost)) return;
    if (auto hash = access::hash_password(attempt.password, cost)) attempt.better_hash = std::move(*hash);
}

// A refusal that is kept: what it counts commits.
result<void> refuse_login(write_session& session, const call& request, const std::optional<stored_credentials>& user,
                          bool counts, reply& into) {
    into.refused = problem{problem_code::unauthorized, "The user name, the password or the code is wrong.", {}};
    if (!counts) return {};
    const auto& attempt = static_cast<const login_attempt&>(*request.parsed);
    return record_failure(session, request, "login_failed", attempt.username, user ? &*user : nullptr);
}

// The cookie ends with the browser; the session at its own time.
std::string cookie_of(const call& request, std::string_view token, std::string_view attributes) {
    std::string text(request.is_encrypted ? secure_session_cookie : session_cookie);
    text.append("=").append(token).append("; Path=/; HttpOnly; SameSite=Strict").append(attributes);
    if (request.is_encrypted) text += "; Secure";
    return text;
}

result<void> store_session(write_session& session, const call& request, const stored_credentials& of,
                           const access::new_token& made, timestamp expires_at) {
    auto inserted = session.execute(
        "INSERT INTO sessions(id, created_at, user_id, last_used_at, expires_at, address, hash) VALUES (?, ?, ?, ?, ?, "
        "?, ?)",
        request.fresh_id, request.now, of.id, request.now, expires_at, request.address, made.hash);
    if (!inserted) return inserted;
    auto pruned = session.execute(
        "DELETE FROM sessions WHERE user_id = ? AND (expires_at <= ? OR seq NOT IN (SELECT seq FROM sessions WHERE "
        "user_id = ? ORDER BY created_at DESC, seq DESC LIMIT ?))",
        of.id, request.now, of.id, sessions_max);
    if (!pruned) return pruned;
    // The one that came with the request is another's, or was put there by another.
    if (request.who != nullptr && request.who->by == access::credential::session)
        if (auto ended = session.execute("DELETE FROM sessions WHERE seq = ?", request.who->credential_row); !ended)
            return ended;
    return session.execute("UPDATE users SET last_login_at = ? WHERE seq = ?", request.now, of.row);
}

result<void> begin_session(write_session& session, const call& request, const stored_credentials& of, reply& into) {
    const access::new_token made = access::make_token(access::token_kind::session);
    const timestamp expires_at = request.now + std::chrono::microseconds(accounts_in_force().session_max).count();
    const password_expiry expiry = expiry_of(of, request.now);
    const bool must_change = of.must_change_password != 0 || expiry.is_over;
    if (must_change && of.must_change_password == 0)
        if (auto done = session.execute("UPDATE users SET must_change_password = 1 WHERE seq = ?", of.row); !done)
            return done;
    if (auto done = store_session(session, request, of, made, expires_at); !done) return done;
    if (auto done = record_login(session, request, of); !done) return done;
    into.cookie = cookie_of(request, made.text, "");
    json::writer out(into.body);
    out.begin_object().key("user_id").string(of.id).key("username").string(of.username).key("role").string(of.role);
    out.key("session_id").string(request.fresh_id).key("expires_at").string(format_time(expires_at));
    out.key("csrf_token").string(csrf_token_of(made.text)).key("must_change_password").boolean(must_change);
    append_expiry(expiry, out);
    out.end_object();
    return {};
}

result<void> log_in(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    const auto& attempt = static_cast<const login_attempt&>(*request.parsed);
    if (auto open = require_unlocked(session, attempt.username, request.now, into); !open) return open;
    auto stored = credentials_of_name(session, attempt.username);
    if (!stored) return stored.error();
    // What was checked must still be what is stored.
    const bool is_same = *stored && attempt.stored && (*stored)->id == attempt.stored->id &&
                         (*stored)->password_hash == attempt.stored->password_hash;
    if (!is_same || !attempt.is_password || (*stored)->active == 0)
        return refuse_login(session, request, *stored, true, into);
    const stored_credentials& user = **stored;
    if (user.totp_enabled != 0 && attempt.code.empty()) {
        into.extra.emplace_back("code_required", "true");
        return refuse_login(session, request, *stored, false, into);
    }
    if (user.totp_enabled != 0) {
        auto is_code = take_code(session, user, attempt.code, request.now);
        if (!is_code) return is_code.error();
        if (!*is_code) return refuse_login(session, request, *stored, true, into);
    }
    if (auto done = clear_failures(session, user.username); !done) return done;
    if (!attempt.better_hash.empty())
        if (auto done =
                session.execute("UPDATE users SET password_hash = ? WHERE seq = ?", attempt.better_hash, user.row);
            !done)
            return done;
    return begin_session(session, request, user, into);
}

result<void> log_out(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    into.kind = outcome::no_content;
    if (request.who == nullptr || request.who->by != access::credential::session) return {};
    into.cookie = cookie_of(request, "", "; Max-Age=0");
    return session.execute("DELETE FROM sessions WHERE seq = ?", request.who->credential_row);
}

constexpr std::string_view session_schema =
    R"({"type":"object","properties":{"user_id":{"type":"string"},"username":{"type":"string"},"role":{"type":"string"},)"
    R"("session_id":{"type":"string"},"expires_at":{"type":"string","format":"date-time"},)"
    R"("csrf_token":{"type":"string"},"must_change_password":{"type":"boolean"},)"
    R"("password_expires_at":{"type":["string","null"],"format":"date-time"},"password_expires_soon":{"type":"boolean"}}})";

}  // namespace

std::string csrf_token_of(std::string_view session_token) {
    base::sha256 sum;
    sum.update("carrel csrf 1 ");
    sum.update(session_token);
    const auto digest = sum.value();
    return to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::vector<operation> login_operations() {
    operation in = auth_operation(sessions(), method::post, "/auth/login", "log_in",
                                  "Begins a session, whose token is in a cookie.");
    in.body = body_kind::json;
    in.fields = document(login_fields(), false);
    in.reply_schema = session_schema;
    in.needs = access::requirement::anyone();
    in.is_secret = true;
    in.check = check_login;
    in.read = find_credentials;
    in.compute = check_password;
    in.write = log_in;
    operation out = auth_operation(sessions(), method::post, "/auth/logout", "log_out", "Ends the session.");
    out.success = outcome::no_content;
    out.is_audited = true;
    out.write = log_out;
    return {std::move(in), std::move(out)};
}

}  // namespace carrel::siem
