#pragma once

#include "siem/segment_scan.hpp"

namespace carrel::siem {

/// Finds single events by their ids: in segments, or among the rows of an earlier version. Segments that hold several of
/// ids that are looked up one after the other are read once. Valid during the session's work.
class event_finder {
public:
    static result<event_finder> open(read_session& session);

    /// Whether the event is stored; it is then at hand. Errors: SQLite's; SQLITE_CORRUPT for a segment that is damaged.
    result<bool> find(std::string_view id);

    /// What is kept of the event at hand. Views are valid until the next `find`.
    result<segments::event_head> head();
    /// Appends the event at hand as JSON.
    result<void> append_event(std::string& json);

private:
    event_finder(read_session& session, segment_scan scan, statement near, statement loose);
    result<bool> find_in_segments(const uuid& id);
    bool is_in_open_segment(const uuid& id);

    read_session* session_;
    segment_scan scan_;
    statement near_, loose_;
    std::int64_t open_ = 0;               // the segment that is read
    std::vector<uuid> ids_;               // of it
    std::optional<std::uint32_t> place_;  // in it; nothing: the row of `loose_`
};

}  // namespace carrel::siem
