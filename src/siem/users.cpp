#include "siem/accounts.hpp"

#include "resource/problems.hpp"
#include "resource/resource_input.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

bool is_username(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    };
    return text.size() >= 3 && text.size() <= 50 && std::all_of(text.begin(), text.end(), fits);
}

bool is_fingerprint(std::string_view text) noexcept {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 64 && std::all_of(text.begin(), text.end(), is_digit);
}

struct user_fields {
    std::size_t username, role, active, certificate, password, password_changed_at;
};
const user_fields& at() {
    static const user_fields found = [] {
        const auto of = [](std::string_view name) { return users().position(name); };
        return user_fields{of("username"),    of("role"),     of("active"),
                           of("certificate"), of("password"), of("password_changed_at")};
    }();
    return found;
}

// The password of a new user is still one here, and its hash once it has been computed.
void check_password(const call& request, record& row, std::vector<fault>& faults) {
    const std::string* const password = row.text(at().password);
    if (password == nullptr) return;
    if (!request.path[0].empty()) {
        faults.push_back({"password", 0, "is changed by POST /users/{id}/password"});
        return;
    }
    row.values[at().password_changed_at] = request.now;
    if (auto why = access::fault_of(accounts_in_force().passwords, *row.text(at().username), *password))
        faults.push_back({"password", 0, std::move(*why)});
}

void check(const resource&, const call& request, const record* before, record& row, std::vector<fault>& faults) {
    if (!is_username(*row.text(at().username)))
        faults.push_back({"username", 0, "must be 3 to 50 of A-Z, a-z, 0-9, _, - and ."});
    if (const auto* text = row.text(at().certificate); text != nullptr && !is_fingerprint(*text))
        faults.push_back({"certificate", 0, "must be a SHA-256 in 64 lower-case hexadecimal digits"});
    if (before == nullptr) check_password(request, row, faults);
    const bool is_own = before != nullptr && request.who != nullptr && request.who->user_row == before->row;
    for (const std::size_t each : {at().role, at().active})
        if (is_own && before->values[each] != row.values[each])
            faults.push_back({users().paths[each], 0, "of your own cannot be changed by yourself"});
}

// Who is given rights gets none that the giver does not have.
result<permission_set> allowed_rights(read_session& session, const call& request, const record& row, reply& into) {
    auto rights = rights_of_role(session, *row.text(at().role));
    if (!rights) return rights.error();
    if (!rights_of(request).has_all(*rights))
        return refuse_rights(into, "The role has rights that you do not have.", rights->without(rights_of(request)));
    return rights;
}

// The first one closes the house: it must be able to let others in.
result<bool> before_insert(const resource&, write_session& session, const call& request, record& row, reply& into) {
    const std::string* const hash = row.text(at().password);
    if (hash != nullptr && !hash->starts_with("$argon2id$"))
        return refuse(into, problem_of(problem_code::invalid, "password", "could not be hashed"));
    auto rights = allowed_rights(session, request, row, into);
    if (!rights) return rights.error();
    auto others = session.first_integer("SELECT EXISTS (SELECT 1 FROM users)");
    if (!others) return others.error();
    const bool is_first = others->value_or(0) == 0;
    // Somebody was first while nobody had to log in: this one came at the same time, and is nobody now.
    if (!is_first && request.who == nullptr && request.principal.empty())
        return refuse(into, {problem_code::unauthorized, "There are users meanwhile: log in.", {}});
    if (is_first && (!can_administrate(*rights) || row.integer(at().active) == 0 || hash == nullptr))
        return refuse(into, problem_of(problem_code::conflict, "role",
                                       "of the first user must be an administrator's, with a password"));
    return false;
}

result<void> before_update(const resource& of, write_session& session, const call& request, const record& before,
                           record& after, reply& into) {
    const std::string& id = *before.text(of.id);
    if (auto allowed = require_rights_of(session, request, id, into); !allowed) return allowed;
    auto rights = allowed_rights(session, request, after, into);
    if (!rights) return rights.error();
    if (can_administrate(*rights) && after.integer(at().active) != 0) return {};
    return require_other_administrator(session, id, "", into);
}

// Nothing that lets a user in outlives their being let in.
result<void> after_update(const resource& of, write_session& session, const call&, const record&, const record& after,
                          std::string_view) {
    if (after.integer(at().active) != 0) return {};
    return session.execute("DELETE FROM sessions WHERE user_id = ?", *after.text(of.id));
}

result<void> remove_user(const operation& what, write_session& session, const call& request, reply& into) {
    into.clear();
    const std::string& id = users().key_of(request);
    if (request.who != nullptr && request.who->user_id == id)
        return refuse(into, {problem_code::conflict, "You cannot delete yourself.", {}});
    if (auto allowed = require_rights_of(session, request, id, into); !allowed) return allowed;
    auto found = load(users(), session, request, into);
    if (!found) return found.error();
    if (auto left = require_other_administrator(session, id, "", into); !left) return left;
    into.clear();
    return remove(what, session, request, into);
}

std::vector<field> field_list() {
    using enum field_kind;
    return versioned_fields({
        {.name = "username", .required = true, .min = 3, .max = 50},
        {.name = "full_name", .patchable = true, .max = 200},
        {.name = "email", .patchable = true, .max = 254},
        {.name = "role", .required = true, .patchable = true, .max = 128, .refers = {.to = roles}},
        {.name = "active", .kind = boolean, .patchable = true, .initial = 1},
        {.name = "must_change_password", .kind = boolean, .patchable = true, .initial = 0},
        {.name = "certificate",
         .patchable = true,
         .max = 64,
         .summary = "The SHA-256 of a client certificate by which this user is known."},
        {.name = "totp_enabled", .kind = boolean, .from = origin::server, .initial = 0},
        {.name = "password_changed_at", .kind = field_kind::time, .from = origin::server},
        {.name = "last_login_at", .kind = field_kind::time, .from = origin::server},
        {.name = "locked_until",
         .kind = field_kind::time,
         .from = origin::server,
         .summary = "After too many wrong passwords no log-in succeeds before this time.",
         .expression = "(SELECT locked_until FROM login_failures WHERE name = lower(users.username))"},
        {.name = "created_by", .from = origin::creator},
        {.name = "updated_by", .from = origin::changer},
        {.name = "password",
         .max = 1024,
         .summary = "Only when the user is created; a user without one gets in by tokens and certificates alone.",
         .column = "password_hash",
         .seen = visibility::write_only},
    });
}

}  // namespace

const resource& users() {
    static const resource instance({
        .name = "user",
        .plural = "users",
        .reads = permission::read_users,
        .writes = permission::write_users,
        .fields = field_list(),
        .filters = {{.name = "username", .column = "username"},
                    {.name = "role", .column = "role"},
                    {.name = "active", .kind = filter_kind::boolean, .column = "active"}},
        .sorts = {"created_at", "updated_at", "username"},
        .history = {"username", "full_name", "email", "role", "active", "certificate"},
        .has_bulk = false,  // a password is hashed for one request at a time
        .unique = {{.columns = "users.username", .field = "username"},
                   {.columns = "users.certificate", .field = "certificate"}},
        .hooks = {.check = check,
                  .before_insert = before_insert,
                  .before_update = before_update,
                  .after_update = after_update},
    });
    return instance;
}

void hash_new_password(const operation&, call& request) {
    auto& values = static_cast<record_input&>(*request.parsed).row.values;
    value& password = values[at().password];
    if (const auto* plain = std::get_if<std::string>(&password))
        if (auto hash = access::hash_password(*plain, accounts_in_force().cost)) password = std::move(*hash);
}

std::vector<operation> common_user_operations() {
    std::vector<operation> all = common_operations(users());
    for (operation& each : all) {
        if (each.id == "create_user") {
            each.compute = hash_new_password;
            each.is_secret = true;
        }
        if (each.id == "delete_user") each.write = remove_user;
    }
    return all;
}

}  // namespace carrel::siem
