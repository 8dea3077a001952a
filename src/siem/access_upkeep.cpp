#include "siem/access_upkeep.hpp"

#include "resource/audit.hpp"
#include "siem/accounts.hpp"

namespace carrel::siem {

namespace {

// A session ends at its own time, or when it has not been used for long; for the second the time written down is good enough.
std::int64_t idle_before(std::int64_t now) {
    const auto idle_max = std::chrono::microseconds(accounts_in_force().session_idle_max).count();
    constexpr std::int64_t written_every = 120'000'000;
    return idle_max == 0 ? 0 : now - idle_max - written_every;
}

}  // namespace

result<void> note_addresses(write_session& session, std::span<const new_address> fresh) {
    for (const new_address& each : fresh) {
        // A token that is gone by now has no rows of its own; that it was used stays in the log.
        auto kept = session.execute(
            "INSERT INTO token_addresses(token, address, first_at) SELECT seq, ?, ? FROM api_tokens WHERE seq = ? "
            "ON CONFLICT DO NOTHING",
            each.address, each.at, each.who->credential_row);
        if (!kept) return kept;
        audit_entry entry;
        entry.at = each.at;
        entry.principal = each.who->username;
        entry.action = "token_address";
        entry.target = "/users/" + each.who->user_id + "/tokens/" + each.who->credential_id;
        entry.address = each.address;
        if (auto done = append_audit(session, entry); !done) return done;
    }
    return {};
}

result<void> note_uses(write_session& session, const access_in_force& in_force, std::int64_t since) {
    for (const auto& [who, at] : in_force.used_since(since)) {
        const bool is_token = who->by == access::credential::token;
        auto done = session.execute(is_token ? write_sql("UPDATE api_tokens SET last_used_at = ? WHERE seq = ? AND "
                                                         "ifnull(last_used_at, 0) < ?")
                                             : write_sql("UPDATE sessions SET last_used_at = ? WHERE seq = ? AND "
                                                         "last_used_at < ?"),
                                    at, who->credential_row, at);
        if (!done) return done;
    }
    return {};
}

result<bool> has_ended_sessions(read_session& session, std::int64_t now) {
    auto found = session.first_integer(
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE expires_at <= ? OR last_used_at < ?)", now, idle_before(now));
    if (!found) return found.error();
    return found->value_or(0) != 0;
}

result<std::int64_t> end_sessions(write_session& session, std::int64_t now) {
    auto due = session.all<std::int64_t>(
        read_sql("SELECT seq FROM sessions WHERE expires_at <= ? OR last_used_at < ? LIMIT 1000"), now,
        idle_before(now));
    if (!due) return due.error();
    for (const std::int64_t row : *due)
        if (auto done = session.execute("DELETE FROM sessions WHERE seq = ?", row); !done) return done.error();
    return static_cast<std::int64_t>(due->size());
}

}  // namespace carrel::siem
