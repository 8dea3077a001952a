#pragma once

#include <string_view>

namespace carrel::siem {

// How often a search was run is written down by the half-minute; `saved_search_uses` says which of those are.
inline constexpr std::string_view saved_searches_tables = R"(
CREATE TABLE saved_searches (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    is_public INTEGER NOT NULL,
    from_time TEXT,
    to_time TEXT,
    usage_count INTEGER NOT NULL,
    last_used_at INTEGER,
    created_by TEXT,
    updated_by TEXT,
    tags TEXT NOT NULL,
    description TEXT,
    query TEXT,
    filters TEXT
);
CREATE INDEX saved_searches_by_time ON saved_searches(created_at, id);
CREATE INDEX saved_searches_by_change ON saved_searches(updated_at, id);
CREATE INDEX saved_searches_by_name ON saved_searches(name, id);
CREATE INDEX saved_searches_by_use ON saved_searches(usage_count, id);
CREATE INDEX saved_searches_by_last_use ON saved_searches(last_used_at, id);
CREATE INDEX saved_searches_by_public ON saved_searches(is_public, created_at, id);
CREATE INDEX saved_searches_by_creator ON saved_searches(created_by, created_at, id);
CREATE TABLE saved_searches_tags (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES saved_searches(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX saved_searches_tags_by_row ON saved_searches_tags(row);
CREATE VIRTUAL TABLE saved_searches_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('saved_searches', 0);
CREATE TABLE saved_search_uses (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    written TEXT NOT NULL
);
INSERT INTO saved_search_uses VALUES (1, '');
)";

}  // namespace carrel::siem
