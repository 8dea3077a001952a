#pragma once

#include "siem/access_in_force.hpp"

#include <carrel/session.hpp>

#include <span>

namespace carrel::siem {

/// Writes down where tokens were used from for the first time, in the audit log too.
result<void> note_addresses(write_session& session, std::span<const new_address> fresh);
/// Writes down when sessions and tokens were last used, of those used since `since`.
result<void> note_uses(write_session& session, const access_in_force& in_force, std::int64_t since);
/// Deletes sessions whose time is over, some at a time: how many. What changed is for `access_in_force::publish`.
result<std::int64_t> end_sessions(write_session& session, std::int64_t now);
/// Whether there are such sessions.
result<bool> has_ended_sessions(read_session& session, std::int64_t now);

}  // namespace carrel::siem
