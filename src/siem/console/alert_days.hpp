#pragma once

#include "resource/text_index.hpp"

#include <carrel/session.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// How many alerts there are of each day and of each rule, kept as alert_counts.hpp keeps those of each status. Of a day and of a rule an
// alert is for as long as it is there: a trigger takes one away that is deleted.
namespace carrel::siem {

/// Adds the rows of a range to the tables.
result<void> count_alert_days(write_session& session, row_range rows);

/// How many alerts were created on each day, in days since 1970, from `first_day` on.
result<std::map<std::int64_t, std::int64_t>> read_alert_days(read_session& session, std::int64_t last_counted,
                                                             std::int64_t first_day);

struct rule_alerts {
    std::string rule_id;
    std::int64_t alerts = 0;
};
struct fired_rules {
    std::int64_t count = 0;        // rules that have an alert
    std::vector<rule_alerts> top;  // those with most alerts, by their number, then by their id
};
result<fired_rules> read_fired_rules(read_session& session, std::int64_t last_counted, std::size_t top_max);

}  // namespace carrel::siem
