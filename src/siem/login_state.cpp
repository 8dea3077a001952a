#include "siem/login_state.hpp"

#include "access/recovery_codes.hpp"
#include "access/secret_token.hpp"
#include "access/totp.hpp"
#include "resource/audit.hpp"
#include "resource/references.hpp"
#include "siem/accounts.hpp"
#include "siem/secrets.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t unknown_names_max = 10'000;

constexpr std::string_view columns =
    "SELECT seq, id, username, role, active, must_change_password, totp_enabled, password_changed_at, password_hash, "
    "totp_secret, totp_step, recovery_codes FROM users WHERE ";

// As the column compares: of other letters than A to Z no user name is made.
std::string folded(std::string_view name) {
    std::string text(name.substr(0, 128));
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

// Names that were tried once and never again are forgotten, so that trying many fills no disk.
result<void> drop_old_failures(write_session& session, timestamp now) {
    const timestamp long_ago = now - timestamp{24} * 3600 * 1'000'000;
    auto done = session.execute(
        "DELETE FROM login_failures WHERE name IN (SELECT name FROM login_failures WHERE last_at < ? LIMIT 4)",
        long_ago);
    if (!done) return done;
    return session.execute(
        "DELETE FROM login_failures WHERE name IN (SELECT name FROM login_failures ORDER BY last_at LIMIT "
        "max(0, (SELECT count(*) FROM login_failures) - ?))",
        unknown_names_max);
}

// True if the name is locked by it.
result<bool> count_failure(write_session& session, std::string_view username, timestamp now) {
    const auto& policy = accounts_in_force().passwords;
    const std::string name = folded(username);
    auto known = session.first_integer(
        "SELECT CASE WHEN locked_until IS NULL THEN failures ELSE 0 END FROM "
        "login_failures WHERE name = ?",
        name);
    if (!known) return known.error();
    const std::int64_t failures = known->value_or(0) + 1;
    const bool locks = policy.failures_max != 0 && failures >= policy.failures_max;
    const timestamp until = now + std::chrono::microseconds(policy.lockout).count();
    auto done = session.execute(
        "INSERT OR REPLACE INTO login_failures(name, failures, last_at, locked_until) VALUES (?, ?, ?, ?)", name,
        failures, now, locks ? std::optional<std::int64_t>(until) : std::nullopt);
    if (!done) return done.error();
    if (auto dropped = drop_old_failures(session, now); !dropped) return dropped.error();
    return locks;
}

audit_entry login_entry(const call& request, std::string_view action, const stored_credentials* user) {
    audit_entry entry;
    entry.at = request.now;
    entry.principal = request.principal;
    entry.action = action;
    if (user != nullptr) entry.target = "/users/" + user->id;
    entry.address = request.address;
    entry.request_id = request.request_id;
    return entry;
}

}  // namespace

result<std::optional<stored_credentials>> credentials_of_name(read_session& session, std::string_view username) {
    return session.first<stored_credentials>(read_sql::dynamic(std::string(columns) + "username = ?"), username);
}

result<std::optional<stored_credentials>> credentials_of_id(read_session& session, std::string_view id) {
    return session.first<stored_credentials>(read_sql::dynamic(std::string(columns) + "id = ?"), id);
}

result<void> require_unlocked(read_session& session, std::string_view username, timestamp now, reply& into) {
    auto until = session.first_integer("SELECT locked_until FROM login_failures WHERE name = ? AND locked_until > ?",
                                       folded(username), now);
    if (!until) return until.error();
    if (!*until) return {};
    error why = refuse(into, {problem_code::locked, "Too many wrong passwords; try again later.", {}});
    into.retry_after = (**until - now + 999'999) / 1'000'000;
    return why;
}

result<void> record_failure(write_session& session, const call& request, std::string_view action,
                            std::string_view username, const stored_credentials* user) {
    auto locks = count_failure(session, username, request.now);
    if (!locks) return locks.error();
    audit_entry failed = login_entry(request, action, user);
    failed.outcome = audit_outcome::refused;
    if (auto done = append_audit(session, failed); !done) return done;
    return *locks ? append_audit(session, login_entry(request, "user_locked", user)) : result<void>();
}

result<void> record_login(write_session& session, const call& request, const stored_credentials& user) {
    audit_entry entry = login_entry(request, "login", &user);
    entry.principal = user.username;
    return append_audit(session, entry);
}

result<void> clear_failures(write_session& session, std::string_view username) {
    return session.execute("DELETE FROM login_failures WHERE name = ?", folded(username));
}

result<bool> take_code(write_session& session, const stored_credentials& of, std::string_view code, timestamp now) {
    if (of.totp_secret) {
        const auto secret = open_secret(*of.totp_secret, totp_place(of.id));
        if (!secret) return error(make_error_code(errc::work_threw), secret.error().text);
        if (const auto step = access::matching_step(*secret, code, now, of.totp_step)) {
            auto done = session.execute("UPDATE users SET totp_step = ? WHERE seq = ?", *step, of.row);
            if (!done) return done.error();
            return true;
        }
    }
    const auto typed = access::normalized_recovery_code(code);
    if (!typed) return false;
    const std::string hash = access::recovery_code_hash(of.id, *typed);
    auto left = items_of(value(of.recovery_codes));
    const auto found =
        std::find_if(left.begin(), left.end(), [&](const std::string& each) { return access::same(each, hash); });
    if (found == left.end()) return false;
    left.erase(found);
    auto done = session.execute("UPDATE users SET recovery_codes = ? WHERE seq = ?", list_text(left), of.row);
    if (!done) return done.error();
    return true;
}

result<std::vector<std::string>> known_passwords(read_session& session, const stored_credentials& of) {
    auto all = session.all<std::string>(
        read_sql("SELECT password_hash FROM password_history WHERE user = ? ORDER BY seq DESC LIMIT ?"), of.row,
        std::int64_t{accounts_in_force().passwords.history});
    if (all && of.password_hash) all->insert(all->begin(), *of.password_hash);
    return all;
}

result<void> set_password(write_session& session, const stored_credentials& of, std::string_view hash, bool must_change,
                          timestamp now, std::int64_t kept_session) {
    if (of.password_hash) {
        auto kept = session.execute("INSERT INTO password_history(user, password_hash) VALUES (?, ?)", of.row,
                                    *of.password_hash);
        if (!kept) return kept;
        auto pruned = session.execute(
            "DELETE FROM password_history WHERE user = ? AND seq NOT IN (SELECT seq FROM password_history WHERE user = "
            "? ORDER BY seq DESC LIMIT ?)",
            of.row, of.row, std::int64_t{accounts_in_force().passwords.history});
        if (!pruned) return pruned;
    }
    auto changed = session.execute(
        "UPDATE users SET password_hash = ?, password_changed_at = ?, must_change_password = ?, version = version + 1, "
        "updated_at = ? WHERE seq = ?",
        hash, now, std::int64_t{must_change}, now, of.row);
    if (!changed) return changed;
    if (auto ended = session.execute("DELETE FROM sessions WHERE user_id = ? AND seq <> ?", of.id, kept_session);
        !ended)
        return ended;
    return clear_failures(session, of.username);
}

password_expiry expiry_of(const stored_credentials& of, timestamp now) {
    const auto& policy = accounts_in_force().passwords;
    if (policy.age_max.count() == 0 || !of.password_hash || !of.password_changed_at) return {};
    const timestamp at = *of.password_changed_at + std::chrono::microseconds(policy.age_max).count();
    return {at, now >= at, now >= at - std::chrono::microseconds(policy.warn_before).count()};
}

void append_expiry(const password_expiry& what, json::writer& out) {
    out.key("password_expires_at");
    if (what.at) out.string(format_time(*what.at));
    else out.null();
    out.key("password_expires_soon").boolean(what.is_soon);
}

std::string totp_place(std::string_view user_id) { return "users/" + std::string(user_id) + "/totp"; }

}  // namespace carrel::siem
