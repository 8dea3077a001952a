#pragma once

#include <string_view>

namespace carrel::siem {

// What is long comes last, so that a list reads no overflow page on the way to its columns. The table of facets has a row for
// each set of values that occurs; '' stands for NULL. No trigger has an upsert: with one, SQLite keeps a journal for each
// statement, which grows with the transaction and is walked through at the end of each.
inline constexpr std::string_view rule_tables = R"(
CREATE TABLE rules (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    type INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    lifecycle INTEGER NOT NULL,
    author TEXT,
    logsource_category TEXT,
    logsource_product TEXT,
    logsource_service TEXT,
    created_by TEXT,
    updated_by TEXT,
    deprecated_at INTEGER,
    deprecated_reason TEXT,
    deprecated_by TEXT,
    sunset_at INTEGER,
    document INTEGER,
    tags TEXT NOT NULL,
    mitre_tactics TEXT NOT NULL,
    mitre_techniques TEXT NOT NULL,
    refs TEXT NOT NULL,
    false_positives TEXT NOT NULL,
    description TEXT,
    query TEXT,
    sigma_yaml TEXT,
    tree TEXT
);
CREATE INDEX rules_by_time ON rules(created_at, id);
CREATE INDEX rules_by_change ON rules(updated_at, id);
CREATE INDEX rules_by_name ON rules(name, id);
CREATE INDEX rules_by_severity ON rules(severity, id);
CREATE INDEX rules_by_level ON rules(severity, created_at, id);
CREATE INDEX rules_by_author ON rules(author, created_at, id);
CREATE INDEX rules_by_category ON rules(logsource_category, created_at, id);
CREATE INDEX rules_by_product ON rules(logsource_product, created_at, id);
CREATE INDEX rules_by_service ON rules(logsource_service, created_at, id);
CREATE INDEX rules_by_sunset ON rules(sunset_at) WHERE enabled = 1 AND lifecycle = 3 AND sunset_at IS NOT NULL;
CREATE TABLE rules_tags (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES rules(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX rules_tags_by_row ON rules_tags(row);
CREATE TABLE rules_tactics (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES rules(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX rules_tactics_by_row ON rules_tactics(row);
CREATE TABLE rules_techniques (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES rules(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX rules_techniques_by_row ON rules_techniques(row);
CREATE TABLE rule_performance (
    rule INTEGER PRIMARY KEY REFERENCES rules(seq) ON DELETE CASCADE,
    evaluations INTEGER NOT NULL DEFAULT 0,
    matches INTEGER NOT NULL DEFAULT 0,
    false_positives INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    seconds_max REAL NOT NULL DEFAULT 0,
    last_evaluated_at INTEGER,
    updated_at INTEGER NOT NULL
);
CREATE TABLE false_positive_reports (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    rule_id TEXT NOT NULL REFERENCES rules(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    alert_id TEXT,
    note TEXT
);
CREATE INDEX false_positive_reports_by_rule ON false_positive_reports(rule_id, created_at, id);
CREATE VIRTUAL TABLE rules_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('rules', 0);
CREATE TABLE rules_facets (
    type INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    lifecycle INTEGER NOT NULL,
    logsource_category TEXT NOT NULL,
    logsource_product TEXT NOT NULL,
    logsource_service TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (type, severity, enabled, lifecycle, logsource_category, logsource_product, logsource_service)
) WITHOUT ROWID;
CREATE TRIGGER rules_facets_added AFTER INSERT ON rules BEGIN
    INSERT INTO rules_facets SELECT NEW.type, NEW.severity, NEW.enabled, NEW.lifecycle,
        ifnull(NEW.logsource_category, ''), ifnull(NEW.logsource_product, ''), ifnull(NEW.logsource_service, ''), 0
        WHERE NOT EXISTS (SELECT 1 FROM rules_facets WHERE type = NEW.type AND severity = NEW.severity AND enabled = NEW.enabled AND lifecycle = NEW.lifecycle
            AND logsource_category = ifnull(NEW.logsource_category, '') AND logsource_product = ifnull(NEW.logsource_product, '')
            AND logsource_service = ifnull(NEW.logsource_service, ''));
    UPDATE rules_facets SET count = count + 1 WHERE type = NEW.type AND severity = NEW.severity AND enabled = NEW.enabled AND lifecycle = NEW.lifecycle
        AND logsource_category = ifnull(NEW.logsource_category, '') AND logsource_product = ifnull(NEW.logsource_product, '')
        AND logsource_service = ifnull(NEW.logsource_service, '');
END;
CREATE TRIGGER rules_facets_removed AFTER DELETE ON rules BEGIN
    UPDATE rules_facets SET count = count - 1 WHERE type = OLD.type AND severity = OLD.severity AND enabled = OLD.enabled AND lifecycle = OLD.lifecycle
        AND logsource_category = ifnull(OLD.logsource_category, '') AND logsource_product = ifnull(OLD.logsource_product, '')
        AND logsource_service = ifnull(OLD.logsource_service, '');
END;
CREATE TRIGGER rules_facets_changed AFTER UPDATE OF type, severity, enabled, lifecycle, logsource_category,
    logsource_product, logsource_service ON rules BEGIN
    UPDATE rules_facets SET count = count - 1 WHERE type = OLD.type AND severity = OLD.severity AND enabled = OLD.enabled AND lifecycle = OLD.lifecycle
        AND logsource_category = ifnull(OLD.logsource_category, '') AND logsource_product = ifnull(OLD.logsource_product, '')
        AND logsource_service = ifnull(OLD.logsource_service, '');
    INSERT INTO rules_facets SELECT NEW.type, NEW.severity, NEW.enabled, NEW.lifecycle,
        ifnull(NEW.logsource_category, ''), ifnull(NEW.logsource_product, ''), ifnull(NEW.logsource_service, ''), 0
        WHERE NOT EXISTS (SELECT 1 FROM rules_facets WHERE type = NEW.type AND severity = NEW.severity AND enabled = NEW.enabled AND lifecycle = NEW.lifecycle
            AND logsource_category = ifnull(NEW.logsource_category, '') AND logsource_product = ifnull(NEW.logsource_product, '')
            AND logsource_service = ifnull(NEW.logsource_service, ''));
    UPDATE rules_facets SET count = count + 1 WHERE type = NEW.type AND severity = NEW.severity AND enabled = NEW.enabled AND lifecycle = NEW.lifecycle
        AND logsource_category = ifnull(NEW.logsource_category, '') AND logsource_product = ifnull(NEW.logsource_product, '')
        AND logsource_service = ifnull(NEW.logsource_service, '');
END;
ALTER TABLE alerts ADD COLUMN rule INTEGER REFERENCES rules(seq) ON DELETE SET NULL;
CREATE INDEX alerts_by_rule ON alerts(rule) WHERE rule IS NOT NULL;
CREATE INDEX alerts_by_rule_id ON alerts(rule_id, created_at, id) WHERE rule_id IS NOT NULL;
)";

}  // namespace carrel::siem
