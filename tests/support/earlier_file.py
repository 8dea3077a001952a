"""Makes a database as version 0.1.0 left it: events are rows of the table `events`."""
import hashlib
import json
import pathlib
import re
import sqlite3
import uuid

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "src/siem/migrations.cpp"
STEPS = 5  # before events went into segments
OWN_TABLES = """
CREATE TABLE carrel_migrations(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))) STRICT;
CREATE TABLE carrel_commit(one INTEGER PRIMARY KEY CHECK(one = 1), sequence INTEGER NOT NULL) STRICT;
INSERT INTO carrel_commit VALUES(1, 0);
"""
INSERT = "INSERT INTO events(id, timestamp, received_at, source, host, channel, event_code, severity, fields) " \
         "VALUES (?, ?, ?, NULL, ?, NULL, NULL, NULL, ?)"


def applied_steps():
    """The number, name and text of the first steps: an applied one's text never changes."""
    source = MIGRATIONS.read_text()
    texts = dict(re.findall(r'constexpr std::string_view (\w+) = R"\((.*?)\)";', source, re.DOTALL))
    steps = re.findall(r'\{(\d+), "([^"]+)", (\w+)\}', source)[:STEPS]
    return [(int(number), name, texts[text]) for number, name, text in steps]


def event_id(at_ms, number):
    """A version 7 UUID."""
    return str(uuid.UUID(int=at_ms << 80 | 7 << 76 | (number >> 32 & 0xfff) << 64 | 2 << 62 | number & 0xffffffff))


def make(path, batches):
    """`batches` is a list of lists of an event's fields as text, each with a member `host`. The id of each event."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + OWN_TABLES)
    for number, name, text in applied_steps():
        database.executescript(text)
        database.execute("INSERT INTO carrel_migrations(number, name, checksum) VALUES (?, ?, ?)",
                         (number, name, hashlib.sha256(text.encode()).hexdigest()))
    at_ms, ids = 1_700_000_000_000, []
    database.execute("BEGIN")
    for batch in batches:
        ids.append([event_id(at_ms + n, n) for n in range(len(batch))])
        database.executemany(INSERT, ((own, (at_ms + n) * 1000, (at_ms + n) * 1000, json.loads(fields)["host"], fields)
                                      for n, (own, fields) in enumerate(zip(ids[-1], batch))))
        at_ms += len(batch)
    database.execute("INSERT INTO events_text(rowid, words) SELECT seq, fields FROM events")
    database.execute("COMMIT")
    database.close()
    return ids
