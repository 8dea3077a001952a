#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace carrel::siem {

struct event_part;

/// What makes an event the same when it comes again: the first half of the SHA-256 of what its sender calls it, within a
/// scope. Nil: it has none.
using event_identity = uuid;
event_identity identity_of(std::string_view scope, std::string_view text);
inline bool is_nil(const event_identity& of) noexcept { return of.high == 0 && of.low == 0; }

/// Keeps the identities of a part's events in the session's transaction. The places of those that were known before, or
/// came earlier in the part, growing. Errors: SQLite's.
result<std::vector<std::uint32_t>> keep_identities(write_session& session, const event_part& part);

/// Before which time identities are of events that have gone, if there are some: those received a day before the oldest
/// event that is kept.
result<std::optional<timestamp>> old_identities(read_session& session, timestamp now);
/// Removes identities of events received before `before`, at most `most` of them.
result<void> remove_identities(write_session& session, timestamp before, std::int64_t most);

}  // namespace carrel::siem
