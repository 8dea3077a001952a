#pragma once

#include "siem/access_in_force.hpp"

#include <carrel/session.hpp>

namespace carrel::siem {

/// Writes down when sessions and tokens were last used, of those used since `since`, and from where tokens came for the first time.
result<void> note_uses(write_session& session, const access_in_force& in_force, std::int64_t since);
/// Deletes sessions whose time is over, some at a time: how many. What changed is for `access_in_force::publish`.
result<std::int64_t> end_sessions(write_session& session, std::int64_t now);
/// Whether there are such sessions.
result<bool> has_ended_sessions(read_session& session, std::int64_t now);

}  // namespace carrel::siem
