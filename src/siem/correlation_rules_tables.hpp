#pragma once

#include <string_view>

namespace carrel::siem {

// A rule that a sequence names cannot be deleted.
inline constexpr std::string_view correlation_rules_tables = R"(
CREATE TABLE correlation_rules (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    severity INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    type INTEGER NOT NULL,
    window_s INTEGER NOT NULL,
    created_by TEXT,
    updated_by TEXT,
    group_by TEXT NOT NULL,
    actions TEXT NOT NULL,
    rule_ids TEXT NOT NULL,
    description TEXT,
    conditions TEXT NOT NULL,
    sequence TEXT NOT NULL,
    sigma_yaml TEXT,
    tree TEXT
);
CREATE INDEX correlation_rules_by_time ON correlation_rules(created_at, id);
CREATE INDEX correlation_rules_by_change ON correlation_rules(updated_at, id);
CREATE INDEX correlation_rules_by_name ON correlation_rules(name, id);
CREATE INDEX correlation_rules_by_severity ON correlation_rules(severity, id);
CREATE TABLE correlation_rules_rules (
    item TEXT NOT NULL REFERENCES rules(id),
    row INTEGER NOT NULL REFERENCES correlation_rules(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX correlation_rules_rules_by_row ON correlation_rules_rules(row);
CREATE TABLE correlation_rules_actions (
    item TEXT NOT NULL REFERENCES actions(id),
    row INTEGER NOT NULL REFERENCES correlation_rules(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX correlation_rules_actions_by_row ON correlation_rules_actions(row);
CREATE VIRTUAL TABLE correlation_rules_text
    USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('correlation_rules', 0);
)";

}  // namespace carrel::siem
