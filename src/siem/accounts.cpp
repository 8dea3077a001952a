#include "siem/accounts.hpp"

#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/aggregates.hpp"

namespace carrel::siem {

namespace {

account_settings& settings() {
    static account_settings one;
    return one;
}

}  // namespace

const account_settings& accounts_in_force() { return settings(); }

void set_accounts(account_settings given) { settings() = given; }

permission_set rights_of(const call& request) {
    return request.who == nullptr ? permission_set::all() : request.who->may;
}

permission_set permissions_in(std::string_view list) {
    permission_set made;
    for (const std::string& name : items_of(value(std::string(list))))
        if (const auto known = access::permission_named(name)) made.add(*known);
    return made;
}

result<permission_set> rights_of_role(read_session& session, std::string_view role) {
    auto list = session.first<std::string>(read_sql("SELECT permissions FROM roles WHERE id = ?"), role);
    if (!list) return list.error();
    return *list ? permissions_in(**list) : permission_set();
}

result<void> require_rights_of(read_session& session, const call& request, std::string_view user_id, reply& into) {
    if (request.who == nullptr) return {};
    auto role = session.first<std::string>(read_sql("SELECT role FROM users WHERE id = ?"), user_id);
    if (!role) return role.error();
    auto rights = rights_of_role(session, role->value_or(std::string()));
    if (!rights) return rights.error();
    if (rights_of(request).has_all(*rights)) return {};
    return refuse_rights(into, "The user has rights that you do not have.", rights->without(rights_of(request)));
}

error refuse_rights(reply& into, std::string detail, permission_set missing) {
    std::string list;
    json::writer out(list);
    out.begin_array();
    for (const std::string_view name : missing.names()) out.string(name);
    out.end_array();
    into.extra.emplace_back("permissions", std::move(list));
    return refuse(into, {problem_code::forbidden, std::move(detail), {}});
}

bool can_administrate(permission_set rights) noexcept {
    return rights.has_all(permission_set::of({permission::admin_system, permission::write_users}));
}

result<void> require_other_administrator(read_session& session, std::string_view user_id, std::string_view role,
                                         reply& into) {
    auto others = session.all<std::string>(
        read_sql("SELECT DISTINCT role FROM users WHERE active = 1 AND id <> ? AND role <> ?"), user_id, role);
    if (!others) return others.error();
    for (const std::string& each : *others) {
        auto rights = rights_of_role(session, each);
        if (!rights) return rights.error();
        if (can_administrate(*rights)) return {};
    }
    return refuse(into, {problem_code::conflict, "No active user would be an administrator any more.", {}});
}

namespace {

std::optional<problem> check_owner(call& request) {
    if (request.who == nullptr) return std::nullopt;
    if (request.path[0] == "me") request.path[0] = request.who->user_id;
    if (request.path[0] == request.who->user_id || request.who->may.has(permission::write_users)) return std::nullopt;
    return problem{problem_code::forbidden, "Of others only those who have write:users may ask for this.", {}};
}

}  // namespace

operation auth_operation(const resource& of, method verb, std::string path, std::string id, std::string summary) {
    operation made = make_operation(of, verb, "", std::move(id), std::move(summary));
    made.path = std::move(path);
    made.reply_schema.clear();
    made.is_about_version = false;
    made.needs = access::requirement::signed_in();
    return made;
}

std::vector<operation> owned(std::vector<operation> all) {
    for (operation& each : all) {
        each.needs = access::requirement::signed_in();
        each.check = [inner = std::move(each.check)](const operation& what, call& request) {
            auto wrong = check_owner(request);
            return wrong ? wrong : inner(what, request);
        };
        if (each.write == nullptr) {
            each.read = [inner = std::move(each.read)](const operation& what, read_session& session,
                                                       const call& request, reply& into) -> result<void> {
                into.clear();
                auto owner = session.first_integer("SELECT 1 FROM users WHERE id = ?", request.path[0]);
                if (!owner) return owner.error();
                return *owner ? inner(what, session, request, into) : refuse(into, not_found("user", request.path[0]));
            };
            continue;
        }
        each.write = [inner = std::move(each.write)](const operation& what, write_session& session, const call& request,
                                                     reply& into) -> result<void> {
            into.clear();
            if (auto allowed = require_rights_of(session, request, request.path[0], into); !allowed) return allowed;
            return inner(what, session, request, into);
        };
    }
    return all;
}

std::vector<operation> account_operations() {
    std::vector<operation> all;
    for (auto part : {role_operations, user_operations, api_token_operations, session_operations, login_operations,
                      own_account_operations}) {
        std::vector<operation> own = part();
        std::move(own.begin(), own.end(), std::back_inserter(all));
    }
    return all;
}

std::vector<const resource*> account_resources() { return {&roles(), &users(), &api_tokens(), &sessions()}; }

}  // namespace carrel::siem
