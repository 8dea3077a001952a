#include "access/recovery_codes.hpp"
#include "access/totp.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/accounts.hpp"
#include "siem/login_state.hpp"
#include "siem/password_change.hpp"
#include "siem/secrets.hpp"

#include <algorithm>

// What users do with their own account: who am I, another password, an authenticator.
namespace carrel::siem {

namespace {

// A token or a certificate is a machine's: what is a person's alone it does not change.
std::optional<problem> check_person(const operation& what, call& request) {
    if (request.who == nullptr)
        return problem{problem_code::conflict, "Nobody is logged in: there are no users yet.", {}};
    if (request.who->by != access::credential::session)
        return problem{problem_code::forbidden, "Only a session that began with a password may do this.", {}};
    return check_address(what, request);
}

result<password_expiry> own_expiry(read_session& session, const call& request) {
    if (request.who == nullptr || request.who->by != access::credential::session) return password_expiry();
    auto found = credentials_of_id(session, request.who->user_id);
    if (!found) return found.error();
    return *found ? expiry_of(**found, request.now) : password_expiry();
}

result<void> who_am_i(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    const auto expiry = own_expiry(session, request);
    if (!expiry) return expiry.error();
    json::writer out(into.body);
    const auto text = [&](std::string_view name, const std::string& value) {
        out.key(name);
        if (value.empty()) out.null();
        else out.string(value);
    };
    const access::identity* const who = request.who.get();
    const std::string nobody;
    out.begin_object();
    text("user_id", who != nullptr ? who->user_id : nobody);
    text("username", who != nullptr ? who->username : nobody);
    text("role", who != nullptr ? who->role : nobody);
    out.key("permissions").begin_array();
    for (const std::string_view name : rights_of(request).names()) out.string(name);
    out.end_array();
    text("csrf_token", request.csrf_token != nullptr ? *request.csrf_token : nobody);
    text("expires_at", who != nullptr && who->expires_at != 0 ? format_time(who->expires_at) : nobody);
    out.key("must_change_password").boolean(who != nullptr && who->must_change_password);
    append_expiry(*expiry, out);
    out.end_object();
    return {};
}

operation session_operation() {
    operation made = auth_operation(users(), method::get, "/auth/session", "get_own_session",
                                    "Who asks and what they may do; without users that is everything.");
    made.reply_schema =
        R"({"type":"object","properties":{"user_id":{"type":["string","null"]},"username":{"type":["string","null"]},)"
        R"("role":{"type":["string","null"]},"permissions":{"type":"array","items":{"type":"string"}},)"
        R"("csrf_token":{"type":["string","null"]},"expires_at":{"type":["string","null"],"format":"date-time"},)"
        R"("must_change_password":{"type":"boolean"},)"
        R"("password_expires_at":{"type":["string","null"],"format":"date-time"},"password_expires_soon":{"type":"boolean"}}})";
    made.read = who_am_i;
    return made;
}

// -- an authenticator ---

struct code_input : input {
    std::string code;
};

const std::vector<field>& code_fields() {
    static const std::vector<field> all = {{.name = "code", .required = true, .min = 1, .max = 50}};
    return all;
}

std::optional<problem> check_code(const operation& what, call& request) {
    if (auto wrong = check_person(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(code_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<code_input>();
    parsed->code = std::get<std::string>(*given[0]);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<stored_credentials> own_credentials(read_session& session, const call& request, reply& into) {
    auto found = credentials_of_id(session, request.who->user_id);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found("user", request.who->user_id));
    return std::move(**found);
}

// Who asks for an authenticator shows the password first: a stolen session must not lock its owner out.
struct totp_input : input {
    std::string password;
    stored_credentials stored;
    bool is_password = false;
};

const std::vector<field>& totp_fields() {
    static const std::vector<field> all = {{.name = "current_password", .required = true, .min = 1, .max = 1024}};
    return all;
}

std::optional<problem> check_totp(const operation& what, call& request) {
    if (auto wrong = check_person(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(totp_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<totp_input>();
    parsed->password = std::get<std::string>(*given[0]);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> find_own_password(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto user = own_credentials(session, request, into);
    if (!user) return user.error();
    auto found = std::make_unique<totp_input>();
    found->password = static_cast<const totp_input&>(*request.parsed).password;
    found->stored = std::move(*user);
    into.rest = std::move(found);
    return {};
}

void check_own_password(const operation&, call& request) {
    auto& given = static_cast<totp_input&>(*request.parsed);
    given.is_password = given.stored.password_hash && access::is_password(*given.stored.password_hash, given.password);
}

// The secret of an authenticator is kept at once and counts once a code of it has been shown.
result<void> begin_totp(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto user = own_credentials(session, request, into);
    if (!user) return user.error();
    if (auto open = require_unlocked(session, user->username, request.now, into); !open) return open;
    const auto& given = static_cast<const totp_input&>(*request.parsed);
    if (!given.is_password || given.stored.password_hash != user->password_hash) {
        auto counted = record_failure(session, request, "password_failed", user->username, &*user);
        if (!counted) return counted;
        // It counts, so it commits.
        into.refused = problem_of(problem_code::invalid, "current_password", "is wrong");
        return {};
    }
    if (user->totp_enabled != 0)
        return refuse(into, {problem_code::conflict, "An authenticator is in use already.", {}});
    const std::string secret = access::new_totp_secret();
    auto sealed = seal_secret(secret, totp_place(user->id));
    if (!sealed) return refuse(into, {problem_code::conflict, "The secret cannot be kept: " + sealed.error().text, {}});
    auto done = session.execute("UPDATE users SET totp_secret = ?, totp_step = -1 WHERE seq = ?", *sealed, user->row);
    if (!done) return done;
    json::writer out(into.body);
    out.begin_object().key("secret").string(access::to_base32(secret));
    out.key("uri").string(access::otpauth_uri(secret, user->username, "carrel")).end_object();
    return {};
}

// A wrong code counts like a wrong password: who has taken over a session cannot try them all.
result<bool> use_code(write_session& session, const call& request, const stored_credentials& user, reply& into) {
    if (auto open = require_unlocked(session, user.username, request.now, into); !open) return open.error();
    auto is_code = take_code(session, user, static_cast<const code_input&>(*request.parsed).code, request.now);
    if (!is_code || *is_code) return is_code;
    if (auto done = record_failure(session, request, "code_failed", user.username, &user); !done) return done.error();
    into.refused = problem_of(problem_code::invalid, "code", "is wrong");
    return false;
}

result<void> confirm_totp(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto user = own_credentials(session, request, into);
    if (!user) return user.error();
    if (!user->totp_secret || user->totp_enabled != 0)
        return refuse(into, {problem_code::conflict, "No authenticator waits to be confirmed.", {}});
    auto is_code = use_code(session, request, *user, into);
    if (!is_code) return is_code.error();
    if (!*is_code) return {};
    const auto codes = access::new_recovery_codes();
    std::vector<std::string> hashes;
    for (const std::string& each : codes)
        hashes.push_back(access::recovery_code_hash(user->id, *access::normalized_recovery_code(each)));
    auto done = session.execute(
        "UPDATE users SET totp_enabled = 1, recovery_codes = ?, version = version + 1, updated_at = ? WHERE seq = ?",
        list_text(hashes), request.now, user->row);
    if (!done) return done;
    json::writer out(into.body);
    out.begin_object().key("recovery_codes").begin_array();
    for (const std::string& each : codes) out.string(each);
    out.end_array().end_object();
    return {};
}

result<void> disable_totp(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto user = own_credentials(session, request, into);
    if (!user) return user.error();
    if (user->totp_enabled == 0) return refuse(into, {problem_code::conflict, "No authenticator is in use.", {}});
    auto is_code = use_code(session, request, *user, into);
    if (!is_code) return is_code.error();
    if (!*is_code) return {};
    into.kind = outcome::no_content;
    return drop_totp(session, user->row, request.now);
}

std::vector<operation> totp_operations() {
    operation begin = auth_operation(users(), method::post, "/auth/totp", "begin_totp",
                                     "Makes the secret of an authenticator; it is shown once.");
    begin.body = body_kind::json;
    begin.fields = document(totp_fields(), false);
    begin.check = check_totp;
    begin.read = find_own_password;
    begin.compute = check_own_password;
    begin.write = begin_totp;
    begin.reply_schema = R"({"type":"object","properties":{"secret":{"type":"string"},"uri":{"type":"string"}}})";
    operation confirm = auth_operation(users(), method::post, "/auth/totp/confirm", "confirm_totp",
                                       "From now on a log-in needs a code; gives codes for recovery, once.");
    confirm.write = confirm_totp;
    confirm.reply_schema =
        R"({"type":"object","properties":{"recovery_codes":{"type":"array","items":{"type":"string"}}}})";
    operation disable =
        auth_operation(users(), method::post, "/auth/totp/disable", "disable_totp", "A log-in needs no code any more.");
    disable.write = disable_totp;
    disable.success = outcome::no_content;
    for (operation* each : {&confirm, &disable}) {
        each->body = body_kind::json;
        each->fields = document(code_fields(), false);
        each->check = check_code;
    }
    std::vector<operation> all;
    all.reserve(3);
    for (operation* each : {&begin, &confirm, &disable}) {
        each->is_secret = true;
        each->is_audited = true;
        all.push_back(std::move(*each));
    }
    return all;
}

}  // namespace

result<void> drop_totp(write_session& session, std::int64_t user, timestamp now) {
    return session.execute(
        "UPDATE users SET totp_enabled = 0, totp_secret = NULL, totp_step = -1, recovery_codes = '[]', "
        "version = version + 1, updated_at = ? WHERE seq = ?",
        now, user);
}

std::vector<operation> own_account_operations() {
    std::vector<operation> all = totp_operations();
    all.push_back(session_operation());
    operation change = auth_operation(users(), method::post, "/auth/password", "change_own_password",
                                      "Another password for the user who asks; other sessions end.");
    describe_own_password_change(change, check_person);
    all.push_back(std::move(change));
    return all;
}

}  // namespace carrel::siem
