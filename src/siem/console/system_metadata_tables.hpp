#pragma once

#include <string_view>

namespace carrel::siem {

// Beside the metadata what the dashboard counts alerts by: see alert_days.hpp.
inline constexpr std::string_view system_metadata_tables = R"(
CREATE TABLE system_metadata (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    type INTEGER NOT NULL,
    builtin INTEGER NOT NULL,
    updated_by TEXT,
    description TEXT,
    value TEXT NOT NULL
);
CREATE INDEX system_metadata_by_change ON system_metadata(updated_at, key);
CREATE INDEX system_metadata_by_type ON system_metadata(type, key);
CREATE INDEX system_metadata_by_builtin ON system_metadata(builtin, key);
CREATE TABLE alert_days (
    day INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
);
INSERT INTO alert_days SELECT created_at / 86400000000, count(*) FROM alerts
    WHERE seq <= (SELECT row FROM text_indexed WHERE name = 'alerts') GROUP BY 1;
CREATE TABLE alert_rules (
    rule_id TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO alert_rules SELECT rule_id, count(*) FROM alerts
    WHERE rule_id IS NOT NULL AND seq <= (SELECT row FROM text_indexed WHERE name = 'alerts') GROUP BY 1;
CREATE INDEX alert_rules_by_count ON alert_rules(count DESC, rule_id);
CREATE TRIGGER alerts_uncounted AFTER DELETE ON alerts
    WHEN OLD.seq <= (SELECT row FROM text_indexed WHERE name = 'alerts') BEGIN
    UPDATE alert_days SET count = count - 1 WHERE day = OLD.created_at / 86400000000;
    UPDATE alert_rules SET count = count - 1 WHERE rule_id = OLD.rule_id;
END;
)";

}  // namespace carrel::siem
