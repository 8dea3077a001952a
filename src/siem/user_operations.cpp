#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/accounts.hpp"
#include "siem/login_state.hpp"
#include "siem/password_change.hpp"

namespace carrel::siem {

namespace {

// An authenticator is what a stolen session or token must not get past.
std::optional<problem> check_other(const operation& what, call& request) {
    if (request.who == nullptr || request.who->user_id != request.path[0]) return check_address(what, request);
    return problem{problem_code::forbidden, "Your own goes by POST /auth/totp/disable, which asks for a code.", {}};
}

// Runs what changes a user whom the caller may change.
template <class Change>
write_function changing(Change change) {
    return [change](const operation&, write_session& session, const call& request, reply& into) -> result<void> {
        into.clear();
        if (auto allowed = require_rights_of(session, request, request.path[0], into); !allowed) return allowed;
        auto user = credentials_of_id(session, request.path[0]);
        if (!user) return user.error();
        if (!*user) return refuse(into, not_found("user", request.path[0]));
        into.kind = outcome::no_content;
        return change(session, request, **user);
    };
}

operation plain_operation(method verb, std::string_view path, std::string id, std::string summary) {
    operation made = make_operation(users(), verb, path, std::move(id), std::move(summary));
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.is_about_version = false;
    return made;
}

operation unlock_operation() {
    operation made = plain_operation(method::post, "/{id}/unlock", "unlock_user", "Ends a lock after wrong passwords.");
    made.write = changing([](write_session& session, const call&, const stored_credentials& user) {
        return clear_failures(session, user.username);
    });
    return made;
}

operation totp_removal_operation() {
    operation made = plain_operation(method::del, "/{id}/totp", "delete_user_totp",
                                     "Takes the authenticator away that a user lost.");
    made.check = check_other;
    made.write = changing([](write_session& session, const call& request, const stored_credentials& user) {
        return drop_totp(session, user.row, request.now);
    });
    return made;
}

operation me_operation() {
    operation made = make_operation(users(), method::get, "/me", "get_own_user", "The user who asks.");
    made.is_about_version = false;
    made.needs = access::requirement::signed_in();
    made.check = [](const operation& what, call& request) -> std::optional<problem> {
        if (request.who == nullptr) return not_found("user", "me");
        request.path[0] = request.who->user_id;
        return check_address(what, request);
    };
    made.read = get;
    return made;
}

// Whom work can be given to, without what else is known of users.
result<void> list_assignable(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    auto rows =
        session.prepare("SELECT id, username, full_name FROM users WHERE active = 1 ORDER BY username LIMIT 1000");
    if (!rows) return rows.error();
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) break;
        out.begin_object().key("id").string(rows->text(0)).key("username").string(rows->text(1)).key("full_name");
        if (rows->type(2) == value_type::null) out.null();
        else out.string(rows->text(2));
        out.end_object();
    }
    out.end_array().end_object();
    return {};
}

operation assignable_operation() {
    operation made = make_operation(users(), method::get, "/assignable", "list_assignable_users",
                                    "The active users, whom alerts can be assigned to.");
    made.is_about_version = false;
    made.needs = permission::alert_assign;
    made.reply_schema =
        R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
        R"("properties":{"id":{"type":"string"},"username":{"type":"string"},"full_name":{"type":["string","null"]}}}}}})";
    made.read = list_assignable;
    return made;
}

}  // namespace

std::vector<operation> user_operations() {
    std::vector<operation> all = common_user_operations();
    for (auto part :
         {unlock_operation, totp_removal_operation, me_operation, assignable_operation, password_reset_operation})
        all.push_back(part());
    all.push_back(setup_operation());
    return all;
}

}  // namespace carrel::siem
