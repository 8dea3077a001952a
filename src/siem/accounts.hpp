#pragma once

#include "access/password_hash.hpp"
#include "access/password_policy.hpp"
#include "resource/resource.hpp"

#include <chrono>

// Users, their roles, and what lets them in: passwords, sessions and tokens.
namespace carrel::siem {

const resource& roles();
const resource& users();
const resource& api_tokens();
const resource& sessions();

/// What operators decide of passwords and sessions.
struct account_settings {
    access::password_policy passwords;
    access::hash_cost cost;
    std::chrono::minutes session_idle_max{60};
    std::chrono::hours session_max{24};
};
const account_settings& accounts_in_force();
/// To be called before requests are served.
void set_accounts(account_settings given);

/// What the caller may do: everything where nobody has to log in.
permission_set rights_of(const call& request);
/// The permissions that a list in JSON names.
permission_set permissions_in(std::string_view list);
/// What a role may do; nothing if there is no such role.
result<permission_set> rights_of_role(read_session& session, std::string_view role);
/// Refuses a change of what is somebody's with more rights than the caller's: it would be a way to get them. A token of few scopes
/// has not even all rights of its own user.
result<void> require_rights_of(read_session& session, const call& request, std::string_view user_id, reply& into);
/// 403, with the rights that the caller would need.
error refuse_rights(reply& into, std::string detail, permission_set missing);
/// Whether these are the rights of an administrator: someone of such rights there must always be, once there are users.
bool can_administrate(permission_set rights) noexcept;
/// A conflict unless an active administrator is left besides this user, and those of this role (either may be empty).
result<void> require_other_administrator(read_session& session, std::string_view user_id, std::string_view role,
                                         reply& into);

/// An operation at a path of its own, for whoever is known unless it says something else.
operation auth_operation(const resource& of, method verb, std::string path, std::string id, std::string summary);

/// Operations of what belongs to a user, at /users/{id}/…: for that user, who may call it `me`, and for those who may write users
/// and have the user's rights.
std::vector<operation> owned(std::vector<operation> all);

/// What users have in common with other resources.
std::vector<operation> common_user_operations();
/// The password of a new user, in the record that its creation has parsed, becomes its hash. Takes long.
void hash_new_password(const operation& what, call& request);
operation setup_operation();

std::vector<operation> role_operations();
std::vector<operation> user_operations();
std::vector<operation> api_token_operations();
std::vector<operation> session_operations();
std::vector<operation> login_operations();
std::vector<operation> own_account_operations();

}  // namespace carrel::siem
