#pragma once

#include "siem/segment_scan.hpp"

namespace carrel::siem {

/// What counts events.
class event_tally {
public:
    virtual ~event_tally() = default;
    /// Takes `events` of a segment, whose times are between those of its header; false if it must see each time.
    virtual bool take_all(const segment_header& header, std::int64_t events) = 0;
    virtual void take(timestamp at) = 0;
};

/// Hands all events that pass to `tally`, in no order. Errors: SQLite's; SQLITE_CORRUPT; what ends the job.
result<void> tally_events(read_session& session, const event_conditions& conditions, event_tally& tally);

/// How many events pass.
result<std::int64_t> count_events(read_session& session, const event_conditions& conditions);

}  // namespace carrel::siem
