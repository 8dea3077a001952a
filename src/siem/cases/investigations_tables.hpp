#pragma once

#include <string_view>

namespace carrel::siem {

// What is long comes last. The indexes of lists end with the columns that have few values, so that a list narrowed by them skips
// rows without reading them. `investigation_days` has the last number that was given on a day: no number comes twice, whatever is
// deleted. `investigation_events` has the events that the alerts of an investigation cite, by the events' own times, which are not
// known without reading segments. An alert's own column says which investigation it belongs to; nothing else does.
// Status 5 is `closed`.
inline constexpr std::string_view investigations_tables = R"(
CREATE TABLE investigations (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    number TEXT NOT NULL UNIQUE,
    priority INTEGER NOT NULL,
    status INTEGER NOT NULL,
    assignee_id TEXT,
    created_by TEXT,
    closed_at INTEGER,
    verdict INTEGER,
    resolution_category TEXT,
    ml_feedback INTEGER CHECK (ml_feedback BETWEEN 1 AND 5),
    trigger_source INTEGER NOT NULL,
    trigger_alert_id TEXT,
    correlation_rule_id TEXT,
    title TEXT NOT NULL,
    tags TEXT NOT NULL,
    mitre_tactics TEXT NOT NULL,
    mitre_techniques TEXT NOT NULL,
    affected_assets TEXT NOT NULL,
    description TEXT,
    summary TEXT,
    artifacts TEXT,
    CHECK ((status = 5) = (closed_at IS NOT NULL) AND (status = 5) = (verdict IS NOT NULL))
);
CREATE INDEX investigations_by_time ON investigations(created_at, id, status, priority);
CREATE INDEX investigations_by_change ON investigations(updated_at, id, status, priority);
CREATE INDEX investigations_by_closing ON investigations(closed_at, id, created_at);
CREATE INDEX investigations_by_title ON investigations(title, id);
CREATE INDEX investigations_by_priority ON investigations(priority, id, status);
CREATE INDEX investigations_by_status ON investigations(status, id, priority);
CREATE INDEX investigations_by_status_and_time ON investigations(status, created_at, id, priority);
CREATE INDEX investigations_by_priority_and_time ON investigations(priority, created_at, id, status);
CREATE INDEX investigations_by_assignee ON investigations(assignee_id, created_at, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX investigations_by_creator ON investigations(created_by, created_at, id) WHERE created_by IS NOT NULL;
CREATE INDEX investigations_by_verdict ON investigations(verdict, created_at, id) WHERE verdict IS NOT NULL;
CREATE TABLE investigation_days (day INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE investigations_tags (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES investigations(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX investigations_tags_by_row ON investigations_tags(row);
CREATE TABLE investigations_tactics (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES investigations(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX investigations_tactics_by_row ON investigations_tactics(row);
CREATE TABLE investigations_techniques (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES investigations(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX investigations_techniques_by_row ON investigations_techniques(row);
CREATE VIRTUAL TABLE investigations_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('investigations', 0);
CREATE TABLE investigations_facets (
    status INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (status, priority)
) WITHOUT ROWID;
CREATE TRIGGER investigations_facets_added AFTER INSERT ON investigations BEGIN
    INSERT INTO investigations_facets SELECT NEW.status, NEW.priority, 0 WHERE NOT EXISTS
        (SELECT 1 FROM investigations_facets WHERE status = NEW.status AND priority = NEW.priority);
    UPDATE investigations_facets SET count = count + 1 WHERE status = NEW.status AND priority = NEW.priority;
END;
CREATE TRIGGER investigations_facets_removed AFTER DELETE ON investigations BEGIN
    UPDATE investigations_facets SET count = count - 1 WHERE status = OLD.status AND priority = OLD.priority;
END;
CREATE TRIGGER investigations_facets_changed AFTER UPDATE OF status, priority ON investigations
    WHEN NEW.status IS NOT OLD.status OR NEW.priority IS NOT OLD.priority BEGIN
    UPDATE investigations_facets SET count = count - 1 WHERE status = OLD.status AND priority = OLD.priority;
    INSERT INTO investigations_facets SELECT NEW.status, NEW.priority, 0 WHERE NOT EXISTS
        (SELECT 1 FROM investigations_facets WHERE status = NEW.status AND priority = NEW.priority);
    UPDATE investigations_facets SET count = count + 1 WHERE status = NEW.status AND priority = NEW.priority;
END;
CREATE TRIGGER users_leave_investigations AFTER DELETE ON users BEGIN
    INSERT INTO history(resource, row, field, from_value, to_value, at, note)
        SELECT 'investigations', seq, 'assignee_id', assignee_id, NULL, unixepoch() * 1000000, 'the user was deleted'
        FROM investigations WHERE assignee_id = OLD.username AND status <> 5;
    UPDATE investigations SET assignee_id = NULL, version = version + 1
        WHERE assignee_id = OLD.username AND status <> 5;
END;
CREATE TABLE investigation_notes (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    investigation_id TEXT NOT NULL REFERENCES investigations(id) ON DELETE CASCADE,
    author TEXT,
    content TEXT NOT NULL
);
CREATE INDEX investigation_notes_in_order ON investigation_notes(investigation_id, created_at, id);
CREATE TABLE investigation_events (
    seq INTEGER PRIMARY KEY,
    investigation INTEGER NOT NULL REFERENCES investigations(seq) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    alert INTEGER NOT NULL REFERENCES alerts(seq) ON DELETE CASCADE,
    event TEXT NOT NULL
);
CREATE INDEX investigation_events_in_order ON investigation_events(investigation, at, seq);
CREATE INDEX investigation_events_by_alert ON investigation_events(alert);
CREATE INDEX history_of_investigations ON history(row, at, seq) WHERE resource = 'investigations' AND field = 'status';
ALTER TABLE alerts ADD COLUMN investigation_id TEXT REFERENCES investigations(id);
CREATE INDEX alerts_by_investigation ON alerts(investigation_id, created_at, id, severity, rule)
    WHERE investigation_id IS NOT NULL;
CREATE TABLE ioc_investigations (
    left_id TEXT NOT NULL REFERENCES iocs(id) ON DELETE CASCADE,
    right_id TEXT NOT NULL REFERENCES investigations(id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL,
    linked_by TEXT,
    PRIMARY KEY (left_id, right_id)
) WITHOUT ROWID;
CREATE INDEX ioc_investigations_by_investigation ON ioc_investigations(right_id, left_id);
)";

}  // namespace carrel::siem
