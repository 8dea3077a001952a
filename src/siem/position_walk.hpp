#pragma once

#include "siem/segment_scan.hpp"

#include <functional>

namespace carrel::siem {

/// Goes through the events of segments in the order of their positions, which outlast whatever the keeper does to segments:
/// those at or behind `next` and before `end`. Valid during the session's work; the conditions must outlive it.
class position_walk {
public:
    static result<position_walk> open(read_session& session, const event_conditions& conditions, std::int64_t next,
                                      std::int64_t end);

    using visitor = std::function<void(const segments::event_head&, std::string_view fields)>;
    /// Visits the events of the next segment that pass by time and by tokens; other conditions are not looked at. False if there
    /// is no segment left. Errors: SQLite's; SQLITE_CORRUPT; what ends the job.
    result<bool> step(const visitor& visit);
    /// All events before this position have been visited.
    std::int64_t next() const noexcept { return next_; }

private:
    struct ahead {
        segment_header header;
        std::int64_t first = 0, last = 0;
    };

    position_walk(read_session& session, const event_conditions& conditions, segment_scan scan)
        : session_(&session),
          conditions_(&conditions),
          scan_(std::move(scan)) {}
    result<std::optional<ahead>> next_segment();
    result<void> visit_segment(const ahead& segment, const visitor& visit);

    read_session* session_;
    const event_conditions* conditions_;
    segment_scan scan_;
    std::int64_t next_ = 0, end_ = 0;
};

}  // namespace carrel::siem
