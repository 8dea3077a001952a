#include "resource/problems.hpp"
#include "siem/event_store.hpp"
#include "siem/events.hpp"
#include "siem/segment_scan.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

blob_view bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// The event's place in the segment at hand, if it is there.
result<std::optional<std::uint32_t>> place_in(const segment_scan& scan, const uuid& id) {
    auto ids = scan.ids();
    if (!ids) return ids.error();
    const auto found = std::find(ids->begin(), ids->end(), id);
    if (found == ids->end()) return std::optional<std::uint32_t>();
    return std::optional(static_cast<std::uint32_t>(found - ids->begin()));
}

// Calls `found(scan, place)` with the segment that holds the event, if one does; whether one does.
template <class Function>
result<bool> find_in_segments(read_session& session, const uuid& id, Function found) {
    const std::string key = key_of(id);
    auto near = session.prepare(read_sql("SELECT seq FROM event_segments WHERE to_id >= ? AND from_id <= ?"));
    if (!near) return near.error();
    near->bind(bytes_of(key), bytes_of(key));
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    for (;;) {
        auto more = near->step();
        if (!more) return more.error();
        if (!*more) return false;
        if (auto on = session.check_interrupt(); !on) return on.error();
        if (auto read = scan->read(near->integer(0)); !read) return read.error();
        auto place = place_in(*scan, id);
        if (!place) return place.error();
        if (!*place) continue;
        if (auto done = found(*scan, **place); !done) return done.error();
        return true;
    }
}

result<bool> append_loose(read_session& session, std::string_view id, std::string& json) {
    auto row =
        session.prepare(read_sql("SELECT id, timestamp, received_at, source, host, channel, event_code, severity, "
                                 "fields FROM events WHERE id = ?"));
    if (!row) return row.error();
    auto more = row->bind(id).step();
    if (!more) return more.error();
    if (*more) append_row(events(), *row, 0, json);
    return *more;
}

result<void> get_event(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    if (const auto id = parse_uuid(request.path[0])) {
        auto found = find_in_segments(
            session, *id, [&](segment_scan& scan, std::uint32_t place) { return scan.append_event(place, into.body); });
        if (!found) return found.error();
        if (*found) return {};
    }
    auto loose = append_loose(session, request.path[0], into.body);
    if (!loose) return loose.error();
    if (*loose) return {};
    return refuse(into, not_found("event", request.path[0]));
}

}  // namespace

result<bool> event_exists(read_session& session, std::string_view text) {
    if (const auto id = parse_uuid(text)) {
        auto found = find_in_segments(session, *id, [](segment_scan&, std::uint32_t) { return result<void>(); });
        if (!found || *found) return found;
    }
    auto loose = session.first_integer("SELECT 1 FROM events WHERE id = ?", text);
    if (!loose) return loose.error();
    return loose->has_value();
}

operation event_get_operation() {
    operation made = get_operation(events());
    made.check = check_address;
    made.read = get_event;
    return made;
}

}  // namespace carrel::siem
