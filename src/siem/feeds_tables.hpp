#pragma once

#include <string_view>

namespace carrel::siem {

// `auth_config` is sealed. The rules of a feed that goes stay, and belong to nobody.
inline constexpr std::string_view feeds_tables = R"(
CREATE TABLE rule_feeds (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    type INTEGER NOT NULL,
    status INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    update_strategy INTEGER NOT NULL,
    update_schedule TEXT,
    last_sync_at INTEGER,
    next_sync_at INTEGER,
    min_severity INTEGER,
    auto_enable_rules INTEGER NOT NULL,
    created_by TEXT,
    updated_by TEXT,
    etag TEXT,
    last_modified TEXT,
    branch TEXT,
    path TEXT,
    url TEXT,
    auth_config TEXT,
    include_paths TEXT NOT NULL,
    exclude_paths TEXT NOT NULL,
    include_tags TEXT NOT NULL,
    exclude_tags TEXT NOT NULL,
    tags TEXT NOT NULL,
    description TEXT,
    last_error TEXT,
    stats TEXT,
    metadata TEXT
);
CREATE INDEX rule_feeds_by_time ON rule_feeds(created_at, id);
CREATE INDEX rule_feeds_by_change ON rule_feeds(updated_at, id);
CREATE INDEX rule_feeds_by_name ON rule_feeds(name, id);
CREATE INDEX rule_feeds_by_priority ON rule_feeds(priority, id);
CREATE INDEX rule_feeds_by_type ON rule_feeds(type, created_at, id);
CREATE INDEX rule_feeds_by_status ON rule_feeds(status, created_at, id);
CREATE INDEX rule_feeds_by_enabled ON rule_feeds(enabled, created_at, id);
CREATE INDEX rule_feeds_due ON rule_feeds(next_sync_at) WHERE next_sync_at IS NOT NULL;
CREATE INDEX rule_feeds_by_sync ON rule_feeds(last_sync_at) WHERE last_sync_at IS NOT NULL;
CREATE TABLE feed_sync_history (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    feed_id TEXT NOT NULL REFERENCES rule_feeds(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    kind INTEGER NOT NULL,
    trigger INTEGER NOT NULL,
    state INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    detail TEXT,
    stats TEXT,
    items TEXT
);
CREATE INDEX feed_sync_history_by_feed ON feed_sync_history(feed_id, created_at, id);
CREATE INDEX feed_sync_history_open ON feed_sync_history(state, seq) WHERE state < 2;
ALTER TABLE rules ADD COLUMN feed_id TEXT REFERENCES rule_feeds(id) ON DELETE SET NULL;
CREATE INDEX rules_by_feed ON rules(feed_id, created_at, id) WHERE feed_id IS NOT NULL;
CREATE TABLE ioc_feeds (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    type INTEGER NOT NULL,
    status INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    update_strategy INTEGER NOT NULL,
    update_schedule TEXT,
    last_sync_at INTEGER,
    next_sync_at INTEGER,
    format INTEGER NOT NULL,
    min_confidence REAL NOT NULL,
    default_type INTEGER,
    default_severity INTEGER NOT NULL,
    default_status INTEGER NOT NULL,
    auto_expire_days INTEGER NOT NULL,
    delimiter TEXT,
    comment_char TEXT,
    skip_header INTEGER NOT NULL,
    value_column INTEGER NOT NULL,
    type_column INTEGER,
    created_by TEXT,
    updated_by TEXT,
    etag TEXT,
    last_modified TEXT,
    branch TEXT,
    path TEXT,
    url TEXT,
    auth_config TEXT,
    include_paths TEXT NOT NULL,
    exclude_paths TEXT NOT NULL,
    include_types TEXT NOT NULL,
    exclude_types TEXT NOT NULL,
    tags TEXT NOT NULL,
    description TEXT,
    field_mapping TEXT,
    last_error TEXT,
    stats TEXT,
    metadata TEXT
);
CREATE INDEX ioc_feeds_by_time ON ioc_feeds(created_at, id);
CREATE INDEX ioc_feeds_by_change ON ioc_feeds(updated_at, id);
CREATE INDEX ioc_feeds_by_name ON ioc_feeds(name, id);
CREATE INDEX ioc_feeds_by_priority ON ioc_feeds(priority, id);
CREATE INDEX ioc_feeds_by_type ON ioc_feeds(type, created_at, id);
CREATE INDEX ioc_feeds_by_status ON ioc_feeds(status, created_at, id);
CREATE INDEX ioc_feeds_by_enabled ON ioc_feeds(enabled, created_at, id);
CREATE INDEX ioc_feeds_due ON ioc_feeds(next_sync_at) WHERE next_sync_at IS NOT NULL;
CREATE INDEX ioc_feeds_by_sync ON ioc_feeds(last_sync_at) WHERE last_sync_at IS NOT NULL;
CREATE TABLE ioc_feed_sync_history (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    feed_id TEXT NOT NULL REFERENCES ioc_feeds(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    kind INTEGER NOT NULL,
    trigger INTEGER NOT NULL,
    state INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    detail TEXT,
    stats TEXT,
    items TEXT
);
CREATE INDEX ioc_feed_sync_history_by_feed ON ioc_feed_sync_history(feed_id, created_at, id);
CREATE INDEX ioc_feed_sync_history_open ON ioc_feed_sync_history(state, seq) WHERE state < 2;
)";

}  // namespace carrel::siem
