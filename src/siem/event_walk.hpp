#pragma once

#include "siem/segment_scan.hpp"

namespace carrel::siem {

/// What looks at all events that pass, in no order.
class event_visitor {
public:
    virtual ~event_visitor() = default;
    /// Takes some events of a segment of which nothing is known but its header; false if it must see more of them.
    virtual bool take_unread(const segment_header&, std::int64_t) { return false; }
    /// The column, if there is one, by whose texts and counts alone it can take all events of a segment, or those that have
    /// some of its texts: by `take_texts`, with a byte, 0 or 1, for each code.
    virtual std::optional<segments::column> takes_texts_of() const { return std::nullopt; }
    virtual void take_texts(const segments::column_texts&, const std::vector<std::uint8_t>&) {}
    /// Takes events of the segment that is open in `scan`, by their places: one by one, unless there is a shorter way.
    virtual result<void> take_from(segment_scan& scan, const segment_header& header,
                                   std::span<const std::uint32_t> places);
    /// Takes one event. `fields` is empty for one of a segment if its text is not looked at.
    virtual void take(const segments::event_head& head, std::string_view fields) = 0;
    virtual bool looks_at_text() const { return false; }
};

/// Hands all events that pass to `visitor`. Errors: SQLite's; SQLITE_CORRUPT; what ends the job.
result<void> visit_events(read_session& session, const event_conditions& conditions, event_visitor& visitor);

/// How many events pass.
result<std::int64_t> count_events(read_session& session, const event_conditions& conditions);

}  // namespace carrel::siem
