#pragma once

#include "resource/operation.hpp"

namespace carrel::siem {

/// Gives an operation what changes the password of the caller; `check_caller` says who may.
void describe_own_password_change(operation& into, check_function check_caller);
/// POST /users/{id}/password: an administrator gives another user a password.
operation password_reset_operation();

/// Takes the authenticator away from a user.
result<void> drop_totp(write_session& session, std::int64_t user, timestamp now);

}  // namespace carrel::siem
