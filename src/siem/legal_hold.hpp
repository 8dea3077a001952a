#pragma once

#include "base/uuid.hpp"

#include <carrel/session.hpp>

#include <string>
#include <string_view>
#include <vector>

// Which events must stay: those that something cites which is not closed. Whoever cites events holds them in the transaction
// in which it begins to, and releases them in that in which it ends to; what deletes looks in its own. So nothing that is
// held is ever deleted, and POST /alerts without events does nothing here.
namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class holder_kind { alert };

/// `list` is a JSON array of ids; `holder` is a row of the kind's table.
result<void> hold_events(write_session& session, holder_kind kind, std::int64_t holder, std::string_view list);
result<void> release_events(write_session& session, holder_kind kind, std::int64_t holder, std::string_view list);

/// The ids from one to another, both included, that anybody holds, in order.
result<std::vector<std::string>> events_held(read_session& session, const uuid& from, const uuid& to);
result<bool> is_event_held(read_session& session, std::string_view id);

}  // namespace carrel::siem
