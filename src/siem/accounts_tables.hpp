#pragma once

#include <string_view>

namespace carrel::siem {

// `access_touched` has the users whose rights a transaction changed, by triggers, so that no way of changing them is forgotten; who
// publishes them takes them out again. `OR IGNORE` would not do: the statement that fires a trigger decides on conflicts. Failures are counted by the name that was typed, whether there is such a user or not.
inline constexpr std::string_view accounts_tables = R"(
CREATE TABLE roles (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    description TEXT,
    permissions TEXT NOT NULL,
    built_in INTEGER NOT NULL,
    created_by TEXT,
    updated_by TEXT
);
CREATE INDEX roles_by_time ON roles(created_at, id);
INSERT INTO roles(id, version, created_at, updated_at, name, description, permissions, built_in)
SELECT name, 1, 0, 0, name, description, permissions, 1 FROM (
SELECT 'viewer' AS name, 'Reads everything but users.' AS description,
    '["read:events","read:alerts","read:rules","read:actions","read:iocs","read:hunts","read:investigations","read:listeners"]'
    AS permissions
UNION ALL SELECT 'analyst', 'Works on alerts, investigations, indicators and hunts.',
    '["read:events","write:events","read:alerts","write:alerts","alert:acknowledge","alert:assign","alert:disposition","read:rules","read:actions","read:iocs","write:iocs","read:hunts","write:hunts","read:investigations","write:investigations","read:listeners"]'
UNION ALL SELECT 'engineer', 'Also writes rules, actions and listeners.',
    '["read:events","write:events","read:alerts","write:alerts","alert:acknowledge","alert:assign","alert:disposition","read:rules","write:rules","read:actions","write:actions","read:iocs","write:iocs","read:hunts","write:hunts","read:investigations","write:investigations","read:listeners","write:listeners","read:system"]'
UNION ALL SELECT 'admin', 'May do everything.',
    '["read:events","write:events","delete:events","read:alerts","write:alerts","alert:acknowledge","alert:assign","alert:disposition","read:rules","write:rules","read:actions","write:actions","read:iocs","write:iocs","read:hunts","write:hunts","read:investigations","write:investigations","read:listeners","write:listeners","read:users","write:users","admin:system","read:system"]'
);
CREATE TABLE users (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    full_name TEXT,
    email TEXT,
    role TEXT NOT NULL REFERENCES roles(id),
    active INTEGER NOT NULL,
    must_change_password INTEGER NOT NULL,
    certificate TEXT UNIQUE,
    totp_enabled INTEGER NOT NULL,
    password_changed_at INTEGER,
    last_login_at INTEGER,
    created_by TEXT,
    updated_by TEXT,
    password_hash TEXT,
    totp_secret TEXT,
    totp_step INTEGER NOT NULL DEFAULT -1,
    recovery_codes TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX users_by_name ON users(username, id);
CREATE INDEX users_by_time ON users(created_at, id);
CREATE INDEX users_by_change ON users(updated_at, id);
CREATE INDEX users_by_role ON users(role, created_at, id);
CREATE INDEX users_by_active ON users(active, created_at, id);
CREATE TABLE password_history (
    seq INTEGER PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES users(seq) ON DELETE CASCADE,
    password_hash TEXT NOT NULL
);
CREATE INDEX password_history_by_user ON password_history(user, seq);
CREATE TABLE login_failures (
    name TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    locked_until INTEGER
) WITHOUT ROWID;
CREATE INDEX login_failures_by_time ON login_failures(last_at);
CREATE TABLE api_tokens (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    prefix TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    created_by TEXT,
    updated_by TEXT,
    hash TEXT NOT NULL UNIQUE
);
CREATE INDEX api_tokens_by_user ON api_tokens(user_id, created_at, id);
CREATE INDEX api_tokens_by_name ON api_tokens(user_id, name, id);
CREATE TABLE token_addresses (
    token INTEGER NOT NULL REFERENCES api_tokens(seq) ON DELETE CASCADE,
    address TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    PRIMARY KEY (token, address)
) WITHOUT ROWID;
CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address TEXT,
    hash TEXT NOT NULL UNIQUE
);
CREATE INDEX sessions_by_user ON sessions(user_id, created_at, id);
CREATE INDEX sessions_by_expiry ON sessions(expires_at);
CREATE TABLE access_changes (changes INTEGER NOT NULL);
INSERT INTO access_changes VALUES (0);
CREATE TABLE access_touched (user INTEGER PRIMARY KEY);
CREATE TRIGGER roles_touch AFTER UPDATE OF permissions ON roles BEGIN
    INSERT INTO access_touched SELECT seq FROM users WHERE role = new.id AND seq NOT IN access_touched; END;
CREATE TRIGGER users_touch_new AFTER INSERT ON users BEGIN
    INSERT INTO access_touched SELECT new.seq WHERE new.seq NOT IN access_touched; END;
CREATE TRIGGER users_touch AFTER UPDATE OF username, role, active, must_change_password, certificate, password_changed_at ON users
    BEGIN INSERT INTO access_touched SELECT new.seq WHERE new.seq NOT IN access_touched; END;
CREATE TRIGGER users_touch_old AFTER DELETE ON users BEGIN
    INSERT INTO access_touched SELECT old.seq WHERE old.seq NOT IN access_touched; END;
CREATE TRIGGER api_tokens_touch_new AFTER INSERT ON api_tokens BEGIN
    INSERT INTO access_touched SELECT seq FROM users WHERE id = new.user_id AND seq NOT IN access_touched; END;
CREATE TRIGGER api_tokens_touch AFTER UPDATE OF scopes, expires_at, hash ON api_tokens BEGIN
    INSERT INTO access_touched SELECT seq FROM users WHERE id = new.user_id AND seq NOT IN access_touched; END;
CREATE TRIGGER api_tokens_touch_old AFTER DELETE ON api_tokens BEGIN
    INSERT INTO access_touched SELECT seq FROM users WHERE id = old.user_id AND seq NOT IN access_touched; END;
CREATE TRIGGER sessions_touch_new AFTER INSERT ON sessions BEGIN
    INSERT INTO access_touched SELECT seq FROM users WHERE id = new.user_id AND seq NOT IN access_touched; END;
CREATE TRIGGER sessions_touch_old AFTER DELETE ON sessions BEGIN
    INSERT INTO access_touched SELECT seq FROM users WHERE id = old.user_id AND seq NOT IN access_touched; END;
)";

}  // namespace carrel::siem
