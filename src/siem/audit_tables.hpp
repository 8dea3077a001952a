#pragma once

#include <string_view>

namespace carrel::siem {

// An entry's `hash` is that of the entry before it with this one's columns (audit_chain.hpp); the first one follows from a
// random genesis, so that no database's log passes for another's. Entries are numbered without gaps, which says where some are
// missing. The triggers keep the program, and whoever has no right to change the schema, from changing what was written.
//
// `outcome` is kept by place: see audit.hpp. An index has `at` behind its column and, as every index, the row's number: so a
// filtered list is in the order of one. SQLite takes the one that was made last of several that it could use.
inline constexpr std::string_view audit_tables = R"(
CREATE TABLE audit_genesis (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    hash BLOB NOT NULL
);
INSERT INTO audit_genesis VALUES (1, randomblob(32));
CREATE TRIGGER audit_genesis_is_not_changed BEFORE UPDATE ON audit_genesis BEGIN
    SELECT RAISE(ABORT, 'the genesis of the audit log is not changed');
END;
CREATE TRIGGER audit_genesis_is_not_removed BEFORE DELETE ON audit_genesis BEGIN
    SELECT RAISE(ABORT, 'the genesis of the audit log is not removed');
END;
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    principal TEXT,
    action TEXT NOT NULL,
    outcome INTEGER NOT NULL,
    target TEXT,
    address TEXT,
    request_id TEXT,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX audit_by_time ON audit(at);
CREATE INDEX audit_by_outcome ON audit(outcome, at);
CREATE INDEX audit_by_action ON audit(action, at);
CREATE INDEX audit_by_address ON audit(address, at);
CREATE INDEX audit_by_principal ON audit(principal, at);
CREATE INDEX audit_by_target ON audit(target, at);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are not changed');
END;
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are not removed');
END;
)";

}  // namespace carrel::siem
