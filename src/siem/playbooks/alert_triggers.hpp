#pragma once

#include "base/time.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <string>
#include <vector>

// The alerts that came in or changed are held against the triggers of the enabled playbooks a moment later. Which alerts these are is
// a queue in the database, filled in the transaction of each change; one leaves it in the transaction that starts what it starts.
namespace carrel::siem {

struct trigger_match {
    std::int64_t alert = 0;   // its row
    std::int64_t change = 0;  // how often it was queued when it was looked at
    std::int64_t depth = 0;   // of what it starts
    std::string alert_id;
    std::vector<std::string> playbook_ids;  // by priority
};

/// The next alerts of the queue, with what they start.
result<std::vector<trigger_match>> match_alerts(read_session& session);
/// Starts it; how many executions there are more. Of a queue that moved meanwhile each alert that changed again stays.
result<std::int64_t> start_matches(write_session& session, const std::vector<trigger_match>& matches, timestamp now);

}  // namespace carrel::siem
