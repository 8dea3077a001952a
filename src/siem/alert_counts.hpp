#pragma once

#include "resource/text_index.hpp"
#include "siem/alert_status.hpp"

#include <carrel/session.hpp>

#include <array>
#include <cstdint>

// How many alerts there are of each status and severity, kept in a table so that nobody scans all alerts for it. The rows
// that the full-text index has not taken in yet are counted by the query, so a new alert costs nothing here.
namespace carrel::siem {

struct alert_counts {
    std::array<std::array<std::int64_t, severities.size()>, alert_statuses.size()> of{};
};

/// Adds the rows of a range to the table.
result<void> count_alerts(write_session& session, row_range rows);
/// A counted alert had one status and severity and has another; -1 for one that goes.
result<void> recount_alert(write_session& session, std::int64_t status, std::int64_t severity, std::int64_t change);
/// All alerts. `last_counted` is the last row that is in the table.
result<alert_counts> read_alert_counts(read_session& session, std::int64_t last_counted);

}  // namespace carrel::siem
