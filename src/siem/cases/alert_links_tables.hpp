#pragma once

#include <string_view>

namespace carrel::siem {

// A link is two rows of one id, one for each of its alerts, written and deleted together: so the links of an alert are one range of one
// index, whichever side they were made from. `alert_months` counts the alerts that the full-text index has taken in by the month
// (202601) in which they were created, as `alert_counts` does by status.
inline constexpr std::string_view alert_links_tables = R"(
CREATE TABLE alert_links (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    alert_id TEXT NOT NULL REFERENCES alerts(id) ON DELETE CASCADE,
    linked_alert_id TEXT NOT NULL REFERENCES alerts(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    link_type INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    created_by TEXT,
    description TEXT,
    CHECK (alert_id <> linked_alert_id)
);
CREATE UNIQUE INDEX alert_links_by_pair ON alert_links(linked_alert_id, alert_id);
CREATE INDEX alert_links_in_order ON alert_links(alert_id, created_at, linked_alert_id, link_type);
CREATE TABLE alert_comments (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    alert_id TEXT NOT NULL REFERENCES alerts(id) ON DELETE CASCADE,
    author TEXT,
    content TEXT NOT NULL
);
CREATE INDEX alert_comments_in_order ON alert_comments(alert_id, created_at, id);
CREATE TABLE alert_months (month INTEGER PRIMARY KEY, count INTEGER NOT NULL);
INSERT INTO alert_months
    SELECT CAST(strftime('%Y%m', created_at / 1000000, 'unixepoch') AS INTEGER) AS month, count(*) FROM alerts
    WHERE seq <= (SELECT row FROM text_indexed WHERE name = 'alerts') GROUP BY month;
)";

}  // namespace carrel::siem
