#pragma once

#include <string_view>

namespace carrel::siem {

// The reference to a rule cascades in the server, too, which also takes what the other tables have of an exception.
inline constexpr std::string_view exceptions_tables = R"(
CREATE TABLE exceptions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    rule_id TEXT REFERENCES rules(id) ON DELETE CASCADE,
    type INTEGER NOT NULL,
    condition_type INTEGER NOT NULL,
    new_severity INTEGER,
    enabled INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    expires_at INTEGER,
    hit_count INTEGER NOT NULL,
    last_hit_at INTEGER,
    created_by TEXT,
    tags TEXT NOT NULL,
    description TEXT,
    justification TEXT,
    condition TEXT NOT NULL,
    tree TEXT
);
CREATE INDEX exceptions_by_priority ON exceptions(priority, id);
CREATE INDEX exceptions_by_time ON exceptions(created_at, id);
CREATE INDEX exceptions_by_change ON exceptions(updated_at, id);
CREATE INDEX exceptions_by_name ON exceptions(name, id);
CREATE INDEX exceptions_by_hits ON exceptions(hit_count, id);
CREATE INDEX exceptions_by_last_hit ON exceptions(last_hit_at, id);
CREATE INDEX exceptions_by_expiry ON exceptions(expires_at, id);
CREATE INDEX exceptions_by_rule ON exceptions(rule_id, priority, id);
CREATE INDEX exceptions_by_type ON exceptions(type, priority, id);
CREATE INDEX exceptions_by_reach ON exceptions((rule_id IS NULL), priority, id);
CREATE TABLE exceptions_tags (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES exceptions(seq) ON DELETE CASCADE,
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX exceptions_tags_by_row ON exceptions_tags(row);
CREATE VIRTUAL TABLE exceptions_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('exceptions', 0);
)";

}  // namespace carrel::siem
