#include "siem/migrations.hpp"

#include "siem/accounts_tables.hpp"
#include "siem/actions_tables.hpp"
#include "siem/attack_tables.hpp"
#include "siem/audit_tables.hpp"
#include "siem/cases/alert_links_tables.hpp"
#include "siem/cases/evidence_tables.hpp"
#include "siem/cases/investigations_tables.hpp"
#include "siem/console/saved_searches_tables.hpp"
#include "siem/console/system_metadata_tables.hpp"
#include "siem/correlation_rules_tables.hpp"
#include "siem/exceptions_tables.hpp"
#include "siem/feeds_tables.hpp"
#include "siem/field_mappings_tables.hpp"
#include "siem/indicators_tables.hpp"
#include "siem/listeners/dead_letters_tables.hpp"
#include "siem/listeners/listeners_tables.hpp"
#include "siem/models/models_tables.hpp"
#include "siem/playbooks/playbooks_tables.hpp"
#include "siem/rule_tables.hpp"

#include <array>

// An applied step's text never changes: what comes later is a step of its own. Times are microseconds since 1970.
namespace carrel::siem {

namespace {

// `fields` comes last, so that reading the other columns touches no overflow page.
constexpr std::string_view events = R"(
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    timestamp INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    source TEXT,
    host TEXT,
    channel TEXT,
    event_code TEXT,
    severity TEXT,
    fields TEXT NOT NULL
);
CREATE INDEX events_by_time ON events(timestamp, id);
CREATE INDEX events_by_host ON events(host, timestamp);
CREATE INDEX events_by_channel ON events(channel, timestamp);
CREATE INDEX events_by_code ON events(event_code, timestamp);
CREATE INDEX events_by_source ON events(source, timestamp);
CREATE INDEX events_by_severity ON events(severity, timestamp);
CREATE VIRTUAL TABLE events_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
)";

// Enumerations are kept by place: see alert_status.hpp.
constexpr std::string_view alerts = R"(
CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    severity INTEGER NOT NULL,
    status INTEGER NOT NULL,
    disposition INTEGER NOT NULL,
    rule_id TEXT,
    event_ids TEXT NOT NULL,
    assigned_to TEXT,
    tags TEXT NOT NULL,
    risk_score INTEGER,
    fingerprint TEXT,
    duplicate_count INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
);
CREATE INDEX alerts_by_time ON alerts(created_at);
CREATE INDEX alerts_by_status ON alerts(status, created_at, severity);
CREATE UNIQUE INDEX alerts_open_by_fingerprint ON alerts(fingerprint) WHERE fingerprint IS NOT NULL AND status <> 7;
CREATE TABLE alert_history (
    seq INTEGER PRIMARY KEY,
    alert INTEGER NOT NULL,
    field TEXT NOT NULL,
    from_value TEXT,
    to_value TEXT,
    at INTEGER NOT NULL,
    note TEXT
);
CREATE INDEX alert_history_by_alert ON alert_history(alert, seq);
CREATE VIRTUAL TABLE alerts_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
CREATE TABLE text_indexed (name TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO text_indexed VALUES ('alerts', 0);
)";

constexpr std::string_view idempotency = R"(
CREATE TABLE idempotency (
    key TEXT NOT NULL,
    part INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    location TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (key, part)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_expiry ON idempotency(expires_at);
)";

// The order of a list is that of the index, ties included: without the id each row went through a sorter.
constexpr std::string_view alerts_in_order = R"(
DROP INDEX alerts_by_time;
CREATE INDEX alerts_by_time ON alerts(created_at, id);
)";

// An empty fingerprint is none, and an alert like one that is resolved is a new one: the places are those of `resolved` and
// `closed`. The counts hold the rows that the full-text index has taken in.
constexpr std::string_view alerts_merged = R"(
UPDATE alerts SET fingerprint = NULL WHERE fingerprint = '';
DROP INDEX alerts_open_by_fingerprint;
CREATE UNIQUE INDEX alerts_open_by_fingerprint ON alerts(fingerprint)
    WHERE fingerprint IS NOT NULL AND status NOT IN (3, 7);
CREATE TABLE alert_counts (
    status INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (status, severity)
) WITHOUT ROWID;
INSERT INTO alert_counts SELECT status, severity, count(*) FROM alerts
    WHERE seq <= (SELECT row FROM text_indexed WHERE name = 'alerts') GROUP BY status, severity;
)";

// Events go into segments (src/segments); what an earlier version stored stays in `events` until it has been moved there.
constexpr std::string_view event_segments = R"(
CREATE TABLE event_segments (
    seq INTEGER PRIMARY KEY,
    sealed INTEGER NOT NULL,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    from_id BLOB NOT NULL,
    to_id BLOB NOT NULL,
    filter BLOB NOT NULL,
    columns BLOB NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE segment_summaries (
    segment INTEGER PRIMARY KEY,
    paths BLOB NOT NULL,
    texts BLOB NOT NULL
);
CREATE INDEX event_segments_by_end ON event_segments(to_at, from_at, events);
CREATE INDEX event_segments_by_begin ON event_segments(from_at, to_at, events);
CREATE INDEX event_segments_by_id ON event_segments(to_id, from_id);
CREATE INDEX event_segments_fresh ON event_segments(seq, events, bytes) WHERE sealed = 0;
DROP TABLE events_text;
DROP INDEX events_by_host;
DROP INDEX events_by_channel;
DROP INDEX events_by_code;
DROP INDEX events_by_source;
DROP INDEX events_by_severity;
)";

// Each event has a position in the order of commit, which is never given again. Those of a segment are from `first` to
// `last`; `gaps` says which, unless it is all of them. A row for each segment, so that a file of many segments need not be
// written again. Segments that are there already are taken in the order of their numbers.
//
// `event_holds` has the events that must not be deleted, each with who holds it: kind 0 is an alert that is not closed (7).
constexpr std::string_view events_kept = R"(
CREATE TABLE event_sequence (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next INTEGER NOT NULL
);
INSERT INTO event_sequence SELECT 1, 1 + coalesce(sum(events), 0) FROM event_segments;
CREATE TABLE segment_positions (
    segment INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    gaps BLOB
);
INSERT INTO segment_positions(segment, first, last)
    SELECT seq, sum(events) OVER (ORDER BY seq) - events + 1, sum(events) OVER (ORDER BY seq) FROM event_segments;
CREATE UNIQUE INDEX segment_positions_by_last ON segment_positions(last, first);
CREATE TABLE event_holds (
    event TEXT NOT NULL,
    kind INTEGER NOT NULL,
    holder INTEGER NOT NULL,
    PRIMARY KEY (event, kind, holder)
) WITHOUT ROWID;
INSERT OR IGNORE INTO event_holds
    SELECT cited.value, 0, alerts.seq FROM alerts, json_each(alerts.event_ids) AS cited WHERE alerts.status <> 7;
CREATE TABLE event_deletions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    from_at INTEGER,
    to_at INTEGER NOT NULL,
    events_max INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    held INTEGER NOT NULL,
    before_position INTEGER NOT NULL,
    has_rows INTEGER NOT NULL,
    row_at INTEGER NOT NULL,
    row_id TEXT NOT NULL,
    after_position INTEGER NOT NULL
);
CREATE INDEX event_deletions_by_time ON event_deletions(created_at, id);
CREATE INDEX event_deletions_open ON event_deletions(seq) WHERE state <> 2;
)";

// What clients call their events, so that one that comes again is not stored again. By time for forgetting them.
constexpr std::string_view event_identities = R"(
CREATE TABLE event_identities (
    identity BLOB PRIMARY KEY,
    received_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX event_identities_by_time ON event_identities(received_at);
)";

// The index of alerts has words as queries fold them, which an earlier version did not.
constexpr std::string_view alerts_folded = R"(
INSERT INTO alerts_text(alerts_text) VALUES ('delete-all');
INSERT INTO alerts_text(rowid, words)
    SELECT seq, carrel_folded(title) || ' ' || ifnull(carrel_folded(description), '') FROM alerts
    WHERE seq <= (SELECT row FROM text_indexed WHERE name = 'alerts');
)";

// What all aggregates keep of their records' past, in one table each. `resource` is the aggregate's table, `row` its `seq`.
constexpr std::string_view records_kept = R"(
CREATE TABLE history (
    seq INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    row INTEGER NOT NULL,
    field TEXT NOT NULL,
    from_value TEXT,
    to_value TEXT,
    at INTEGER NOT NULL,
    changed_by TEXT,
    note TEXT
);
INSERT INTO history(resource, row, field, from_value, to_value, at, note)
    SELECT 'alerts', alert, field, from_value, to_value, at, note FROM alert_history ORDER BY seq;
DROP TABLE alert_history;
CREATE INDEX history_by_row ON history(resource, row, seq);
CREATE TABLE versions (
    seq INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    row INTEGER NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    changed_by TEXT,
    state TEXT NOT NULL
);
CREATE UNIQUE INDEX versions_by_row ON versions(resource, row, version);
)";

constexpr auto steps = std::to_array<migration>({
    {1, "events", events},
    {2, "alerts", alerts},
    {3, "idempotency", idempotency},
    {4, "alerts in order", alerts_in_order},
    {5, "alerts merged and counted", alerts_merged},
    {6, "event segments", event_segments},
    {7, "events kept", events_kept},
    {8, "event identities", event_identities},
    {9, "alerts folded", alerts_folded},
    {10, "records kept", records_kept},
    {11, "rules", rule_tables},
    {12, "attack", attack_tables},
    {13, "exceptions", exceptions_tables},
    {14, "correlation rules", correlation_rules_tables},
    {15, "actions", actions_tables},
    {16, "field mappings", field_mappings_tables},
    {17, "indicators", indicators_tables},
    {18, "feeds", feeds_tables},
    {19, "accounts", accounts_tables},
    {20, "audit", audit_tables},
    {21, "indicators in order", indicators_in_order},
    {22, "investigations", investigations_tables},
    {23, "evidence", evidence_tables},
    {24, "alert links", alert_links_tables},
    {25, "saved searches", saved_searches_tables},
    {26, "system metadata", system_metadata_tables},
    {27, "playbooks", playbooks_tables},
    {28, "models", models_tables},
    {29, "listeners", listeners_tables},
    {30, "dead letters", dead_letters_tables},
});

}  // namespace

std::span<const migration> migrations() { return steps; }

}  // namespace carrel::siem
