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

result<void> forget_identities(write_session& session, timestamp before, std::int64_t limit) {
    return session.execute(
        "DELETE FROM event_identities WHERE identity IN (SELECT identity FROM event_identities WHERE received_at < ? "
        "ORDER BY received_at LIMIT ?)",
        before, limit);
}

}  // namespace carrel::siem
