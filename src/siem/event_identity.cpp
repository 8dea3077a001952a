#include "siem/event_identity.hpp"

#include "base/sha256.hpp"
#include "siem/event_parts.hpp"
#include "siem/event_store.hpp"

#include <span>

namespace carrel::siem {

event_identity identity_of(std::string_view scope, std::string_view text) {
    base::sha256 sum;
    sum.update(scope);
    sum.update(std::string_view("\0", 1));
    sum.update(text);
    const auto bytes = sum.value();
    event_identity made;
    for (std::size_t i = 0; i < 8; ++i) {
        made.high = made.high << 8 | static_cast<std::uint8_t>(bytes[i]);
        made.low = made.low << 8 | static_cast<std::uint8_t>(bytes[8 + i]);
    }
    return made;
}

result<std::vector<std::uint32_t>> keep_identities(write_session& session, const event_part& part) {
    std::vector<std::uint32_t> known;
    if (part.identities.empty()) return known;
    auto row =
        session.prepare(write_sql("INSERT OR IGNORE INTO event_identities(identity, received_at) VALUES (?, ?)"));
    if (!row) return row.error();
    for (std::size_t i = 0; i < part.identities.size(); ++i) {
        if (is_nil(part.identities[i])) continue;
        const std::string key = key_of(part.identities[i]);
        const std::int64_t before = session.changes();
        if (auto done = row->bind(std::as_bytes(std::span(key)), part.received_at).run(); !done) return done.error();
        if (session.changes() == before) known.push_back(static_cast<std::uint32_t>(i));
    }
    return known;
}

namespace {

// When the oldest event that is kept was received, as its id says.
result<timestamp> oldest_receipt(read_session& session, timestamp now) {
    auto row = session.prepare(read_sql("SELECT from_id FROM event_segments ORDER BY from_id LIMIT 1"));
    if (!row) return row.error();
    auto found = row->step();
    if (!found) return found.error();
    if (!*found) return now;
    std::uint64_t milliseconds = 0;
    for (const std::byte each : row->bytes(0).first(6))
        milliseconds = milliseconds << 8 | std::to_integer<unsigned>(each);
    return static_cast<timestamp>(milliseconds) * 1000;
}

}  // namespace

result<std::optional<timestamp>> old_identities(read_session& session, timestamp now) {
    // A request may take long, and its events have ids of later than its beginning, which is what is kept.
    constexpr timestamp longest_request = timestamp{24} * 3600 * 1'000'000;
    auto oldest = oldest_receipt(session, now);
    if (!oldest) return oldest.error();
    const timestamp before = *oldest - longest_request;
    auto found = session.first_integer("SELECT 1 FROM event_identities WHERE received_at < ? LIMIT 1", before);
    if (!found) return found.error();
    return *found ? std::optional(before) : std::nullopt;
}

result<void> remove_identities(write_session& session, timestamp before, std::int64_t most) {
    return session.execute(
        "DELETE FROM event_identities WHERE identity IN (SELECT identity FROM event_identities WHERE received_at < ? "
        "ORDER BY received_at LIMIT ?)",
        before, most);
}

}  // namespace carrel::siem
