#pragma once

#include <string_view>

namespace carrel::siem {

// The indexes of lists end with the columns that have few values, so that a list narrowed by them skips rows without
// reading them. What is long comes last. The triggers have no upsert: with one SQLite keeps a journal for each statement.
inline constexpr std::string_view indicators_tables = R"(
CREATE TABLE iocs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    type INTEGER NOT NULL,
    status INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 100),
    hit_count INTEGER NOT NULL,
    first_seen INTEGER,
    last_seen INTEGER,
    expires_at INTEGER,
    imported_at INTEGER,
    created_by TEXT,
    updated_by TEXT,
    feed_id TEXT,
    external_id TEXT,
    source TEXT,
    normalized TEXT NOT NULL,
    value TEXT NOT NULL,
    tags TEXT NOT NULL,
    mitre_techniques TEXT NOT NULL,
    refs TEXT NOT NULL,
    description TEXT,
    threat_intel TEXT
);
CREATE UNIQUE INDEX iocs_by_value ON iocs(normalized, type);
CREATE INDEX iocs_by_time ON iocs(created_at, id, type, severity, status);
CREATE INDEX iocs_by_change ON iocs(updated_at, id, type, severity, status);
CREATE INDEX iocs_by_sight ON iocs(last_seen, id, type, severity, status);
CREATE INDEX iocs_by_confidence ON iocs(confidence, id, type, severity, status);
CREATE INDEX iocs_by_hits ON iocs(hit_count, id, type, severity, status);
CREATE INDEX iocs_by_expiry ON iocs(expires_at, id, type, severity, status);
CREATE INDEX iocs_by_severity ON iocs(severity, id, type, status);
CREATE INDEX iocs_by_type_and_time ON iocs(type, created_at, id, severity, status);
CREATE INDEX iocs_by_status_and_time ON iocs(status, created_at, id, type, severity);
CREATE INDEX iocs_by_severity_and_time ON iocs(severity, created_at, id, type, status);
CREATE INDEX iocs_by_source ON iocs(source, created_at, id, type, severity, status) WHERE source IS NOT NULL;
CREATE INDEX iocs_by_feed ON iocs(feed_id, created_at, id, type, severity, status) WHERE feed_id IS NOT NULL;
CREATE INDEX iocs_by_external_id ON iocs(feed_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX iocs_to_archive ON iocs(expires_at) WHERE status = 0 AND expires_at IS NOT NULL;
CREATE TABLE iocs_tags (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES iocs(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX iocs_tags_by_row ON iocs_tags(row);
CREATE TABLE iocs_techniques (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES iocs(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX iocs_techniques_by_row ON iocs_techniques(row);
CREATE VIRTUAL TABLE iocs_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('iocs', 0);
CREATE TABLE iocs_facets (
    type INTEGER NOT NULL,
    status INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    source TEXT NOT NULL,
    feed_id TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (type, status, severity, source, feed_id)
) WITHOUT ROWID;
CREATE TRIGGER iocs_facets_added AFTER INSERT ON iocs BEGIN
    INSERT INTO iocs_facets SELECT NEW.type, NEW.status, NEW.severity, ifnull(NEW.source, ''), ifnull(NEW.feed_id, ''), 0
        WHERE NOT EXISTS (SELECT 1 FROM iocs_facets WHERE type = NEW.type AND status = NEW.status
            AND severity = NEW.severity AND source = ifnull(NEW.source, '') AND feed_id = ifnull(NEW.feed_id, ''));
    UPDATE iocs_facets SET count = count + 1 WHERE type = NEW.type AND status = NEW.status AND severity = NEW.severity
        AND source = ifnull(NEW.source, '') AND feed_id = ifnull(NEW.feed_id, '');
END;
CREATE TRIGGER iocs_facets_removed AFTER DELETE ON iocs BEGIN
    UPDATE iocs_facets SET count = count - 1 WHERE type = OLD.type AND status = OLD.status AND severity = OLD.severity
        AND source = ifnull(OLD.source, '') AND feed_id = ifnull(OLD.feed_id, '');
    DELETE FROM iocs_facets WHERE type = OLD.type AND status = OLD.status AND severity = OLD.severity
        AND source = ifnull(OLD.source, '') AND feed_id = ifnull(OLD.feed_id, '') AND count = 0;
END;
CREATE TRIGGER iocs_facets_changed AFTER UPDATE OF type, status, severity, source, feed_id ON iocs
    WHEN NEW.type IS NOT OLD.type OR NEW.status IS NOT OLD.status OR NEW.severity IS NOT OLD.severity
        OR NEW.source IS NOT OLD.source OR NEW.feed_id IS NOT OLD.feed_id BEGIN
    UPDATE iocs_facets SET count = count - 1 WHERE type = OLD.type AND status = OLD.status AND severity = OLD.severity
        AND source = ifnull(OLD.source, '') AND feed_id = ifnull(OLD.feed_id, '');
    DELETE FROM iocs_facets WHERE type = OLD.type AND status = OLD.status AND severity = OLD.severity
        AND source = ifnull(OLD.source, '') AND feed_id = ifnull(OLD.feed_id, '') AND count = 0;
    INSERT INTO iocs_facets SELECT NEW.type, NEW.status, NEW.severity, ifnull(NEW.source, ''), ifnull(NEW.feed_id, ''), 0
        WHERE NOT EXISTS (SELECT 1 FROM iocs_facets WHERE type = NEW.type AND status = NEW.status
            AND severity = NEW.severity AND source = ifnull(NEW.source, '') AND feed_id = ifnull(NEW.feed_id, ''));
    UPDATE iocs_facets SET count = count + 1 WHERE type = NEW.type AND status = NEW.status AND severity = NEW.severity
        AND source = ifnull(NEW.source, '') AND feed_id = ifnull(NEW.feed_id, '');
END;
CREATE TABLE ioc_alerts (
    left_id TEXT NOT NULL REFERENCES iocs(id) ON DELETE CASCADE,
    right_id TEXT NOT NULL REFERENCES alerts(id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL,
    linked_by TEXT,
    PRIMARY KEY (left_id, right_id)
) WITHOUT ROWID;
CREATE INDEX ioc_alerts_by_alert ON ioc_alerts(right_id, left_id);
CREATE TABLE hunts (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    progress REAL NOT NULL CHECK (progress BETWEEN 0 AND 1),
    events_read INTEGER NOT NULL,
    match_count INTEGER NOT NULL,
    matches_kept INTEGER NOT NULL,
    created_by TEXT,
    error TEXT,
    next_position INTEGER,
    end_position INTEGER,
    ioc_ids TEXT NOT NULL,
    filter TEXT
);
CREATE INDEX hunts_by_time ON hunts(created_at, id);
CREATE INDEX hunts_by_status ON hunts(status, created_at, id);
CREATE INDEX hunts_to_run ON hunts(seq) WHERE status < 2;
CREATE TABLE hunts_iocs (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES hunts(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX hunts_iocs_by_row ON hunts_iocs(row);
CREATE TABLE ioc_matches (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    ioc_id TEXT NOT NULL REFERENCES iocs(id) ON DELETE CASCADE,
    hunt_id TEXT REFERENCES hunts(id) ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    event_timestamp INTEGER NOT NULL,
    detected_at INTEGER NOT NULL
);
CREATE INDEX ioc_matches_by_ioc ON ioc_matches(ioc_id, detected_at, id);
CREATE INDEX ioc_matches_by_hunt ON ioc_matches(hunt_id, detected_at, id) WHERE hunt_id IS NOT NULL;
CREATE INDEX ioc_matches_by_event ON ioc_matches(event_id);
CREATE TABLE ioc_watch (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next INTEGER,
    stamp INTEGER NOT NULL
);
INSERT INTO ioc_watch VALUES (1, NULL, 0);
CREATE TRIGGER iocs_activated AFTER INSERT ON iocs WHEN NEW.status = 0 BEGIN
    UPDATE ioc_watch SET stamp = stamp + 1;
END;
CREATE TRIGGER iocs_changed AFTER UPDATE OF type, normalized, status ON iocs WHEN NEW.status = 0
    AND (OLD.status <> 0 OR NEW.type <> OLD.type OR NEW.normalized <> OLD.normalized) BEGIN
    UPDATE ioc_watch SET stamp = stamp + 1;
END;
CREATE INDEX ioc_matches_by_time ON ioc_matches(detected_at, id);
)";

// What is of one type expires on one day, and what comes from one source comes at one time: a walk in these orders would pass
// over all others first.
inline constexpr std::string_view indicators_in_order = R"(
CREATE INDEX iocs_by_type_and_expiry ON iocs(type, expires_at, id, severity, status);
CREATE INDEX iocs_by_source_and_confidence ON iocs(source, confidence, id, type, severity, status)
    WHERE source IS NOT NULL;
CREATE INDEX iocs_by_feed_and_confidence ON iocs(feed_id, confidence, id, type, severity, status)
    WHERE feed_id IS NOT NULL;
)";

}  // namespace carrel::siem
