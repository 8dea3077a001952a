#pragma once

#include "siem/segment_scan.hpp"

namespace carrel::siem {

/// What counts events.
class event_tally {
public:
    virtual ~event_tally() = default;
    /// Takes all events of a segment that passes whole; false if it must see their times.
    virtual bool take_all(const segment_header& header) = 0;
    virtual void take(timestamp at) = 0;
};

/// Hands all events that pass to `tally`, in no order. Errors: SQLite's; SQLITE_CORRUPT; what ends the job.
result<void> tally_events(read_session& session, const event_conditions& conditions, event_tally& tally);

/// How many events pass.
result<std::int64_t> count_events(read_session& session, const event_conditions& conditions);

}  // namespace carrel::siem
