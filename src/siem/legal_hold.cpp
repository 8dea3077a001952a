#include "siem/legal_hold.hpp"

#include "sqlite/failpoints.hpp"

namespace carrel::siem {

result<void> hold_events(write_session& session, holder_kind kind, std::int64_t holder, std::string_view list) {
    if (list == "[]") return {};
    return session.execute(
        "INSERT OR IGNORE INTO event_holds(event, kind, holder) SELECT value, ?, ? FROM json_each(?)",
        static_cast<std::int64_t>(kind), holder, list);
}

result<void> release_events(write_session& session, holder_kind kind, std::int64_t holder, std::string_view list) {
    if (list == "[]") return {};
    return session.execute(
        "DELETE FROM event_holds WHERE event IN (SELECT value FROM json_each(?)) AND kind = ? AND holder = ?", list,
        static_cast<std::int64_t>(kind), holder);
}

result<std::vector<std::string>> events_held(read_session& session, const uuid& from, const uuid& to) {
    if (failpoints::is_set(failpoint::deletion_drops_held)) return std::vector<std::string>();
    return session.all<std::string>("SELECT DISTINCT event FROM event_holds WHERE event BETWEEN ? AND ? ORDER BY event",
                                    text_of(from), text_of(to));
}

result<bool> is_event_held(read_session& session, std::string_view id) {
    if (failpoints::is_set(failpoint::deletion_drops_held)) return false;
    auto found = session.first_integer("SELECT 1 FROM event_holds WHERE event = ? LIMIT 1", id);
    if (!found) return found.error();
    return found->has_value();
}

}  // namespace carrel::siem
