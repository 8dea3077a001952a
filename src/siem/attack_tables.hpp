#pragma once

#include <string_view>

namespace carrel::siem {

// Lists of ids stand in the rows as JSON and, one id a row, in tables whose foreign keys hold what they name. What is long comes
// last, so that a list reads no overflow page on the way to its columns.
inline constexpr std::string_view attack_tables = R"(
CREATE TABLE mitre_tactics (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    stix_id TEXT,
    domain TEXT,
    attack_version TEXT,
    url TEXT,
    attack_created_at INTEGER,
    attack_modified_at INTEGER,
    deprecated INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    revoked_by TEXT,
    kill_chains TEXT NOT NULL,
    description TEXT
);
CREATE UNIQUE INDEX mitre_tactics_by_stix_id ON mitre_tactics(stix_id);
CREATE INDEX mitre_tactics_by_time ON mitre_tactics(created_at, id);
CREATE INDEX mitre_tactics_by_change ON mitre_tactics(updated_at, id);
CREATE INDEX mitre_tactics_by_name ON mitre_tactics(name, id);
CREATE INDEX mitre_tactics_by_short_name ON mitre_tactics(short_name, id);
CREATE INDEX mitre_tactics_by_domain ON mitre_tactics(domain, id);
CREATE INDEX mitre_tactics_by_deprecated ON mitre_tactics(deprecated, id);
CREATE INDEX mitre_tactics_by_revoked ON mitre_tactics(revoked, id);
CREATE VIRTUAL TABLE mitre_tactics_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('mitre_tactics', 0);

CREATE TABLE mitre_matrices (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    stix_id TEXT,
    domain TEXT,
    attack_version TEXT,
    url TEXT,
    attack_created_at INTEGER,
    attack_modified_at INTEGER,
    deprecated INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    revoked_by TEXT,
    tactics TEXT NOT NULL,
    description TEXT
);
CREATE UNIQUE INDEX mitre_matrices_by_stix_id ON mitre_matrices(stix_id);
CREATE INDEX mitre_matrices_by_time ON mitre_matrices(created_at, id);
CREATE INDEX mitre_matrices_by_change ON mitre_matrices(updated_at, id);
CREATE INDEX mitre_matrices_by_name ON mitre_matrices(name, id);
CREATE INDEX mitre_matrices_by_domain ON mitre_matrices(domain, id);
CREATE INDEX mitre_matrices_by_deprecated ON mitre_matrices(deprecated, id);
CREATE INDEX mitre_matrices_by_revoked ON mitre_matrices(revoked, id);
CREATE TABLE mitre_matrix_tactics (
    item TEXT NOT NULL REFERENCES mitre_tactics(id),
    row INTEGER NOT NULL REFERENCES mitre_matrices(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX mitre_matrix_tactics_by_row ON mitre_matrix_tactics(row);

CREATE TABLE mitre_data_sources (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    stix_id TEXT,
    domain TEXT,
    attack_version TEXT,
    url TEXT,
    attack_created_at INTEGER,
    attack_modified_at INTEGER,
    deprecated INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    revoked_by TEXT,
    platforms TEXT NOT NULL,
    collection_layers TEXT NOT NULL,
    description TEXT
);
CREATE UNIQUE INDEX mitre_data_sources_by_stix_id ON mitre_data_sources(stix_id);
CREATE INDEX mitre_data_sources_by_time ON mitre_data_sources(created_at, id);
CREATE INDEX mitre_data_sources_by_change ON mitre_data_sources(updated_at, id);
CREATE INDEX mitre_data_sources_by_name ON mitre_data_sources(name, id);
CREATE INDEX mitre_data_sources_by_domain ON mitre_data_sources(domain, id);
CREATE INDEX mitre_data_sources_by_deprecated ON mitre_data_sources(deprecated, id);
CREATE INDEX mitre_data_sources_by_revoked ON mitre_data_sources(revoked, id);
CREATE TABLE mitre_data_source_platforms (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES mitre_data_sources(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX mitre_data_source_platforms_by_row ON mitre_data_source_platforms(row);
CREATE VIRTUAL TABLE mitre_data_sources_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('mitre_data_sources', 0);

CREATE TABLE mitre_data_components (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    stix_id TEXT,
    domain TEXT,
    attack_version TEXT,
    url TEXT,
    attack_created_at INTEGER,
    attack_modified_at INTEGER,
    deprecated INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    revoked_by TEXT,
    data_source_id TEXT,
    data_source_row INTEGER REFERENCES mitre_data_sources(seq),
    description TEXT
);
CREATE UNIQUE INDEX mitre_data_components_by_stix_id ON mitre_data_components(stix_id);
CREATE INDEX mitre_data_components_by_time ON mitre_data_components(created_at, id);
CREATE INDEX mitre_data_components_by_change ON mitre_data_components(updated_at, id);
CREATE INDEX mitre_data_components_by_name ON mitre_data_components(name, id);
CREATE INDEX mitre_data_components_by_domain ON mitre_data_components(domain, id);
CREATE INDEX mitre_data_components_by_deprecated ON mitre_data_components(deprecated, id);
CREATE INDEX mitre_data_components_by_revoked ON mitre_data_components(revoked, id);
CREATE INDEX mitre_data_components_by_source ON mitre_data_components(data_source_id, id);
CREATE INDEX mitre_data_components_by_source_row ON mitre_data_components(data_source_row);
CREATE VIRTUAL TABLE mitre_data_components_text USING fts5(words, content='', detail=none, columnsize=0,
    tokenize='ascii');
INSERT INTO text_indexed VALUES ('mitre_data_components', 0);

CREATE TABLE mitre_techniques (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    stix_id TEXT,
    domain TEXT,
    attack_version TEXT,
    url TEXT,
    attack_created_at INTEGER,
    attack_modified_at INTEGER,
    deprecated INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    revoked_by TEXT,
    is_subtechnique INTEGER NOT NULL,
    parent TEXT,
    parent_row INTEGER REFERENCES mitre_techniques(seq),
    tactics TEXT NOT NULL,
    platforms TEXT NOT NULL,
    data_source_ids TEXT NOT NULL,
    detection_strategies TEXT NOT NULL,
    data_sources TEXT NOT NULL,
    description TEXT,
    detection TEXT
);
CREATE UNIQUE INDEX mitre_techniques_by_stix_id ON mitre_techniques(stix_id);
CREATE INDEX mitre_techniques_by_time ON mitre_techniques(created_at, id);
CREATE INDEX mitre_techniques_by_change ON mitre_techniques(updated_at, id);
CREATE INDEX mitre_techniques_by_name ON mitre_techniques(name, id);
CREATE INDEX mitre_techniques_by_domain ON mitre_techniques(domain, id);
CREATE INDEX mitre_techniques_by_deprecated ON mitre_techniques(deprecated, id);
CREATE INDEX mitre_techniques_by_revoked ON mitre_techniques(revoked, id);
CREATE INDEX mitre_techniques_by_kind ON mitre_techniques(is_subtechnique, id);
CREATE INDEX mitre_techniques_by_parent ON mitre_techniques(parent, id);
CREATE INDEX mitre_techniques_by_parent_row ON mitre_techniques(parent_row);
CREATE INDEX mitre_techniques_in_reports ON mitre_techniques(id, name, is_subtechnique, parent, deprecated, revoked);
CREATE TABLE mitre_technique_tactics (
    item TEXT NOT NULL REFERENCES mitre_tactics(id),
    row INTEGER NOT NULL REFERENCES mitre_techniques(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX mitre_technique_tactics_by_row ON mitre_technique_tactics(row);
CREATE TABLE mitre_technique_data_sources (
    item TEXT NOT NULL REFERENCES mitre_data_sources(id),
    row INTEGER NOT NULL REFERENCES mitre_techniques(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX mitre_technique_data_sources_by_row ON mitre_technique_data_sources(row);
CREATE TABLE mitre_technique_platforms (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES mitre_techniques(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX mitre_technique_platforms_by_row ON mitre_technique_platforms(row);
CREATE VIRTUAL TABLE mitre_techniques_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('mitre_techniques', 0);
CREATE INDEX rules_in_reports ON rules(enabled, severity);
)";

}  // namespace carrel::siem
