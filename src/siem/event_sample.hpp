#pragma once

#include "siem/event_conditions.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace carrel::siem {

/// An event that something is tried on.
struct sampled_event {
    std::string id;  // empty for one that is not stored
    timestamp received_at = 0;
    std::string fields;
};

/// The newest stored events that pass, as many as a page of a list holds.
result<std::vector<sampled_event>> newest_events(read_session& session, const event_conditions& conditions,
                                                 std::int64_t limit);

}  // namespace carrel::siem
