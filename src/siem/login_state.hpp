#pragma once

#include "json/writer.hpp"
#include "resource/operation.hpp"

#include <carrel/row.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What is known of a user who wants to be let in, and what a wrong password does.
namespace carrel::siem {

/// The columns of a user that a check of passwords and codes needs.
struct stored_credentials {
    std::int64_t row = 0;
    std::string id, username, role;
    std::int64_t active = 0, must_change_password = 0, totp_enabled = 0;
    std::optional<std::int64_t> password_changed_at;
    std::optional<std::string> password_hash, totp_secret;
    std::int64_t totp_step = -1;
    std::string recovery_codes;
};
result<std::optional<stored_credentials>> credentials_of_name(read_session& session, std::string_view username);
result<std::optional<stored_credentials>> credentials_of_id(read_session& session, std::string_view id);

/// 423, with the time to wait, if nobody gets in by this name now. The name is one that somebody typed.
result<void> require_unlocked(read_session& session, std::string_view username, timestamp now, reply& into);
/// Counts a wrong password or code, by which the name may be locked, and writes it into the audit log as `action`. A name that is no
/// user's is not written there: it may be a password that was typed in the wrong place. `user` is then null.
result<void> record_failure(write_session& session, const call& request, std::string_view action,
                            std::string_view username, const stored_credentials* user);
result<void> clear_failures(write_session& session, std::string_view username);
/// Writes a log-in into the audit log.
result<void> record_login(write_session& session, const call& request, const stored_credentials& user);

/// Whether a code, of an authenticator or of the list for recovery, is the user's; it is used up by that.
result<bool> take_code(write_session& session, const stored_credentials& of, std::string_view code, timestamp now);

/// The latest hashes of the user's passwords, the one in use first: what a new one must not be.
result<std::vector<std::string>> known_passwords(read_session& session, const stored_credentials& of);
/// When the password in use has to be changed, by its age; none if never. `password_policy::warn_before` says from when on that is soon.
struct password_expiry {
    std::optional<timestamp> at;
    bool is_over = false, is_soon = false;
};
password_expiry expiry_of(const stored_credentials& of, timestamp now);
/// Appends `password_expires_at` and `password_expires_soon`, as replies tell them.
void append_expiry(const password_expiry& what, json::writer& out);
/// Puts another password in place of the one in use. Sessions end, but for `kept`.
result<void> set_password(write_session& session, const stored_credentials& of, std::string_view hash, bool must_change,
                          timestamp now, std::int64_t kept_session);

/// The secret's place, for what seals it.
std::string totp_place(std::string_view user_id);

}  // namespace carrel::siem
