#pragma once

#include <string_view>

namespace carrel::siem {

// How many letters there are and what they weigh is kept by triggers: each one that is added asks. A listener may go before its
// letters, so nothing refers to it.
inline constexpr std::string_view dead_letters_tables = R"(
CREATE TABLE dead_letters (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    protocol INTEGER NOT NULL,
    listener_id TEXT,
    source TEXT,
    reason TEXT NOT NULL,
    details TEXT,
    size_bytes INTEGER NOT NULL,
    was_cut INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    event_id TEXT,
    changed_at INTEGER,
    changed_by TEXT,
    encoding INTEGER NOT NULL,
    raw TEXT NOT NULL
);
CREATE INDEX dead_letters_by_time ON dead_letters(received_at, id);
CREATE INDEX dead_letters_by_status ON dead_letters(status, received_at, id);
CREATE INDEX dead_letters_by_protocol ON dead_letters(protocol, received_at, id);
CREATE INDEX dead_letters_by_listener ON dead_letters(listener_id, received_at, id) WHERE listener_id IS NOT NULL;
CREATE INDEX dead_letters_by_reason ON dead_letters(reason, received_at, id);
CREATE INDEX dead_letters_to_replay ON dead_letters(retries, seq) WHERE status = 0;
CREATE INDEX dead_letters_done ON dead_letters(seq) WHERE status <> 0;
CREATE TABLE dead_letter_totals (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    letters INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
INSERT INTO dead_letter_totals VALUES (1, 0, 0);
CREATE TRIGGER dead_letters_added AFTER INSERT ON dead_letters BEGIN
    UPDATE dead_letter_totals SET letters = letters + 1, bytes = bytes + NEW.size_bytes;
END;
CREATE TRIGGER dead_letters_removed AFTER DELETE ON dead_letters BEGIN
    UPDATE dead_letter_totals SET letters = letters - 1, bytes = bytes - OLD.size_bytes;
END;
)";

}  // namespace carrel::siem
