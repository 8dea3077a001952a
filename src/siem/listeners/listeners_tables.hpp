#pragma once

#include <string_view>

namespace carrel::siem {

// What was counted is beside the listeners, since it changes without a version of them.
inline constexpr std::string_view listeners_tables = R"(
CREATE TABLE listeners (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    type INTEGER NOT NULL,
    protocol INTEGER NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    status INTEGER NOT NULL,
    started_at INTEGER,
    stopped_at INTEGER,
    restarts INTEGER NOT NULL,
    connections_max INTEGER NOT NULL,
    message_bytes_max INTEGER NOT NULL,
    idle_seconds INTEGER NOT NULL,
    source TEXT,
    field_mapping TEXT REFERENCES field_mappings(id),
    created_by TEXT,
    updated_by TEXT,
    tags TEXT NOT NULL,
    status_detail TEXT,
    description TEXT,
    fields TEXT
);
CREATE UNIQUE INDEX listeners_by_address ON listeners(host, port, protocol);
CREATE INDEX listeners_by_time ON listeners(created_at, id);
CREATE INDEX listeners_by_change ON listeners(updated_at, id);
CREATE INDEX listeners_by_name ON listeners(name, id);
CREATE INDEX listeners_by_type ON listeners(type, created_at, id);
CREATE INDEX listeners_by_protocol ON listeners(protocol, created_at, id);
CREATE INDEX listeners_by_status ON listeners(status, created_at, id);
CREATE INDEX listeners_by_enabled ON listeners(enabled, created_at, id);
CREATE INDEX listeners_by_port ON listeners(port, id);
CREATE INDEX listeners_by_mapping ON listeners(field_mapping);
CREATE TABLE listener_counts (
    listener INTEGER PRIMARY KEY REFERENCES listeners(seq) ON DELETE CASCADE,
    received INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    dead_letters INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    cut INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    last_event_at INTEGER
);
)";

}  // namespace carrel::siem
