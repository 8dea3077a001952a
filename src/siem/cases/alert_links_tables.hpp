#pragma once

#include <string_view>

namespace carrel::siem {

// A link is two rows of one id, one for each of its alerts, written and deleted together: so the links of an alert are one range of one
// index, whichever side they were made from.
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
)";

}  // namespace carrel::siem
