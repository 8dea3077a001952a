#pragma once

#include <string_view>

namespace carrel::siem {

// `secrets` holds sealed texts only. An action that a rule names cannot be deleted.
inline constexpr std::string_view actions_tables = R"(
CREATE TABLE actions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT,
    type INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    created_by TEXT,
    updated_by TEXT,
    config TEXT NOT NULL,
    secrets TEXT
);
CREATE INDEX actions_by_time ON actions(created_at, id);
CREATE INDEX actions_by_change ON actions(updated_at, id);
CREATE INDEX actions_by_name ON actions(name, id);
CREATE INDEX actions_by_type ON actions(type, created_at, id);
CREATE INDEX actions_by_enabled ON actions(enabled, created_at, id);
CREATE TABLE action_tests (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    action_id TEXT NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    state INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    status INTEGER,
    detail TEXT
);
CREATE INDEX action_tests_by_action ON action_tests(action_id, created_at, id);
CREATE INDEX action_tests_open ON action_tests(state, seq) WHERE state < 2;
ALTER TABLE rules ADD COLUMN actions TEXT NOT NULL DEFAULT '[]';
CREATE TABLE rules_actions (
    item TEXT NOT NULL REFERENCES actions(id),
    row INTEGER NOT NULL REFERENCES rules(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX rules_actions_by_row ON rules_actions(row);
)";

}  // namespace carrel::siem
