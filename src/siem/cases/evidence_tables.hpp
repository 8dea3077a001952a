#pragma once

#include <string_view>

namespace carrel::siem {

// Blobs: state 0 is being filled, 1 complete, 2 released. Their numbers never come again, so that an upload that was given up never
// writes into another. Chunks: the row is `blob << 20` and the chunk's place.
// A record of custody outlives the evidence it is about and never changes.
inline constexpr std::string_view evidence_tables = R"(
CREATE TABLE blobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    state INTEGER NOT NULL,
    size INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    sha256 BLOB,
    CHECK ((state = 0) <= (sha256 IS NULL) AND (state = 1) <= (sha256 IS NOT NULL))
);
CREATE INDEX blobs_not_complete ON blobs(state, touched_at) WHERE state <> 1;
CREATE TABLE blob_chunks (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE evidence (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    alert_id TEXT REFERENCES alerts(id),
    investigation_id TEXT REFERENCES investigations(id),
    type INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size > 0),
    sha256 TEXT NOT NULL,
    uploaded_by TEXT,
    blob INTEGER NOT NULL UNIQUE REFERENCES blobs(seq),
    description TEXT,
    CHECK ((alert_id IS NULL) <> (investigation_id IS NULL))
);
CREATE INDEX evidence_by_alert ON evidence(alert_id, created_at, id) WHERE alert_id IS NOT NULL;
CREATE INDEX evidence_by_investigation ON evidence(investigation_id, created_at, id) WHERE investigation_id IS NOT NULL;
CREATE TABLE evidence_custody (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    evidence_id TEXT NOT NULL,
    parent TEXT NOT NULL,
    action INTEGER NOT NULL,
    principal TEXT,
    address TEXT,
    request_id TEXT,
    sha256 TEXT NOT NULL,
    file_name TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX evidence_custody_in_order ON evidence_custody(evidence_id, seq);
CREATE TRIGGER evidence_custody_is_not_changed BEFORE UPDATE ON evidence_custody BEGIN
    SELECT RAISE(ABORT, 'records of custody do not change');
END;
CREATE TRIGGER evidence_custody_is_not_deleted BEFORE DELETE ON evidence_custody BEGIN
    SELECT RAISE(ABORT, 'records of custody stay');
END;
)";

}  // namespace carrel::siem
