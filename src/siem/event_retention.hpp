#pragma once

#include "siem/event_removal.hpp"

namespace carrel::siem {

/// How much is kept; 0: all.
struct retention {
    std::int64_t days = 0;   // events whose time is longer ago go
    std::int64_t bytes = 0;  // what the segments of the events may take
};

/// A step that removes events from before `limit`. A segment goes once all of it is older, and is cut once its oldest event
/// has been so for a day: who looks every few seconds would otherwise write it again and again.
result<removal_step> plan_by_age(read_session& session, timestamp limit);

/// A step that removes the oldest segments until all of them take no more than `bytes`.
result<removal_step> plan_by_size(read_session& session, std::int64_t bytes);

}  // namespace carrel::siem
