#include "siem/event_finder.hpp"

#include "siem/event_store.hpp"
#include "siem/loose_events.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr int fields_column = 3 + static_cast<int>(segments::column_count);

blob_view bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

event_finder::event_finder(read_session& session, segment_scan scan, statement near, statement loose)
    : session_(&session),
      scan_(std::move(scan)),
      near_(std::move(near)),
      loose_(std::move(loose)) {}

result<event_finder> event_finder::open(read_session& session) {
    auto scan = segment_scan::open(session);
    if (!scan) return scan.error();
    auto near = session.prepare(read_sql("SELECT seq FROM event_segments WHERE to_id >= ? AND from_id <= ?"));
    if (!near) return near.error();
    auto loose =
        session.prepare(read_sql("SELECT id, timestamp, received_at, source, host, channel, event_code, severity, "
                                 "fields FROM events WHERE id = ?"));
    if (!loose) return loose.error();
    return event_finder(session, std::move(*scan), std::move(*near), std::move(*loose));
}

result<bool> event_finder::find(std::string_view text) {
    place_.reset();
    if (const auto id = parse_uuid(text)) {
        auto found = find_in_segments(*id);
        if (!found || *found) return found;
    }
    return loose_.bind(text).step();
}

result<bool> event_finder::find_in_segments(const uuid& id) {
    if (is_in_open_segment(id)) return true;
    const std::string key = key_of(id);
    near_.bind(bytes_of(key), bytes_of(key));
    for (;;) {
        auto more = near_.step();
        if (!more) return more.error();
        if (!*more) return false;
        const std::int64_t segment = near_.integer(0);
        if (segment == open_) continue;
        if (auto on = session_->check_interrupt(); !on) return on.error();
        open_ = 0;
        if (auto read = scan_.read(segment); !read) return read.error();
        auto ids = scan_.ids();
        if (!ids) return ids.error();
        ids_ = std::move(*ids);
        open_ = segment;
        if (is_in_open_segment(id)) return true;
    }
}

bool event_finder::is_in_open_segment(const uuid& id) {
    if (open_ == 0) return false;
    const auto found = std::find(ids_.begin(), ids_.end(), id);
    if (found == ids_.end()) return false;
    place_ = static_cast<std::uint32_t>(found - ids_.begin());
    return true;
}

result<segments::event_head> event_finder::head() {
    if (place_) return scan_.head(*place_);
    const auto head = loose_head(loose_);
    if (!head) return error(make_error_code(sqlite_errc::corrupt), "the id of a stored event is not a UUID");
    return *head;
}

result<void> event_finder::append_event(std::string& json) {
    if (place_) return scan_.append_event(*place_, json);
    auto about = head();
    if (!about) return about.error();
    siem::append_event(*about, loose_.text(fields_column), json);
    return {};
}

}  // namespace carrel::siem
