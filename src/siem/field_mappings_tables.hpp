#pragma once

#include <string_view>

namespace carrel::siem {

// The builtin mappings are a row, so that they are listed and filtered as others are; what they say is written anew when a
// later version says something else. `field_mapping_changes` counts what may change how events are read. Deprecated (3) is
// a place of `lifecycles`, stable is 2.
inline constexpr std::string_view field_mappings_tables = R"(
CREATE TABLE field_mappings (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE,
    builtin INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    lifecycle INTEGER NOT NULL,
    deprecated_at INTEGER,
    deprecated_reason TEXT,
    deprecated_by TEXT,
    sunset_at INTEGER,
    created_by TEXT,
    updated_by TEXT,
    description TEXT,
    mappings TEXT NOT NULL,
    aliases TEXT NOT NULL
);
CREATE INDEX field_mappings_by_name ON field_mappings(name, id);
CREATE INDEX field_mappings_by_priority ON field_mappings(priority, id);
CREATE INDEX field_mappings_by_time ON field_mappings(created_at, id);
CREATE INDEX field_mappings_by_change ON field_mappings(updated_at, id);
CREATE INDEX field_mappings_by_sunset ON field_mappings(sunset_at, id);
CREATE VIRTUAL TABLE field_mappings_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('field_mappings', 0);
CREATE TABLE field_mapping_changes (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    changes INTEGER NOT NULL
);
INSERT INTO field_mapping_changes VALUES (1, 0);
CREATE TRIGGER field_mappings_added AFTER INSERT ON field_mappings BEGIN
    UPDATE field_mapping_changes SET changes = changes + 1;
END;
CREATE TRIGGER field_mappings_changed AFTER UPDATE OF mappings, enabled, lifecycle, priority ON field_mappings BEGIN
    UPDATE field_mapping_changes SET changes = changes + 1;
END;
CREATE TRIGGER field_mappings_removed AFTER DELETE ON field_mappings BEGIN
    UPDATE field_mapping_changes SET changes = changes + 1;
END;
INSERT INTO field_mappings(id, version, created_at, updated_at, name, builtin, enabled, priority, lifecycle, description,
    mappings, aliases)
    VALUES ('builtin', 1, 0, 0, 'builtin', 1, 1, 1000000, 2, 'Consulted last.', carrel_builtin_mappings(), '{}');
)";

}  // namespace carrel::siem
