"""More rows, more shards, more readers."""
import contextlib
import shutil
import sqlite3
import statistics

from programs import start_wrk, wrk, wrk_result

from .beside import COUNT
from .outcome import Outcome
from .setting import ONE_SHARD

# More than the largest file here; a shard reads it into its cache as it goes.
ROOM = ("--page-cache-kib", "4194304")

# As many as asked for in one statement: over HTTP it would take longer than the measurement. The index of words stays
# empty, and is told to be complete, since nothing here searches it.
GROW = """
INSERT INTO alerts(id, version, created_at, updated_at, title, description, severity, status, disposition, event_ids, tags,
                   risk_score, duplicate_count, last_seen)
WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
SELECT printf('grown-%010d', i), 1, 1790000000000000 + i, 1790000000000000 + i, 'Suspicious use of wevtutil',
       'The log path of Security was changed.', i % 5, 0, 0, '[]', '["attack.t1070.001"]', 73, 0, 1790000000000000 + i FROM n
"""


def grow(database, first, last):
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144")
        step = 1_000_000
        for begin in range(first, last + 1, step):
            connection.execute("BEGIN")
            connection.execute(GROW, (begin, min(last, begin + step - 1)))
            connection.execute("UPDATE text_indexed SET row = (SELECT max(seq) FROM alerts) WHERE name = 'alerts'")
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def grown(setting, sizes):
    """Files with so many alerts, each made from the one before."""
    empty, made, before = setting.database("empty"), {}, 0
    last = empty
    for size in sizes:
        path = setting.directory / f"filled-grown-{size}.db"
        if not path.exists():
            shutil.copyfile(last, path)
            grow(path, before + 1, size)
        made[size], before, last = path, size, path
    return made


def _name(size, has_room):
    return f"carrel, {size:,} rows" + (", room for all" if has_room else "")


def growth(setting):
    sizes = setting.sized((100_000, 1_000_000, 10_000_000), (1_000, 10_000))
    out = Outcome(f"Point reads, random over {sizes[0]:,} to {sizes[-1]:,} alerts, 64 connections, one shard, with the page cache that "
                  "is the default and with one that has room for all; then with more shards, and scans with more readers.")
    files = grown(setting, sizes)
    with contextlib.ExitStack() as running:
        servers = {}
        for size, file in files.items():
            for has_room in (False, True):
                servers[size, has_room] = running.enter_context(
                    setting.contender(_name(size, has_room), file, out, *ONE_SHARD, *(ROOM if has_room else ())))
        for (size, _), server in servers.items():
            wrk(server.url, "grown.lua", 64, setting.sized(1 + size // 300_000, 1), size)  # fills the caches
        for _ in setting.each_round():
            for (size, has_room), server in servers.items():
                out.note_run(_name(size, has_room), wrk(server.url, "grown.lua", 64, setting.seconds, size))
    for size, file in files.items():
        out.fact(f"file with {size:,} alerts", f"{file.stat().st_size / 1e6:,.0f} MB")
    rate = lambda size, has_room: statistics.median(out.values(_name(size, has_room)))
    out.curve("Point reads by the number of alerts", "alerts", "requests/s",
              {"carrel, 64 MiB of page cache": [[size, rate(size, False)] for size in sizes],
               "carrel, room for all": [[size, rate(size, True)] for size in sizes]}, log_x=True)
    for has_room, why in ((True, "two trees of four levels over 2 GB miss the processor's caches and its TLB at each step; mapping the "
                                 "file gave the same"),
                          (False, "a read copies two or three pages from the system's cache, whose part grows with the file")):
        what = f"point reads at {sizes[-1]:,} rows / {sizes[0]:,}" + (", room for all" if has_room else "")
        out.ratio(what, _name(sizes[-1], has_room), _name(sizes[0], has_room), 0.8, why)
    _more_threads(setting, out, files[sizes[0]], sizes[0])
    return out


def _more_threads(setting, out, database, size):
    by_shards = []
    for shards in (1, 2, 4):
        with setting.contender(f"carrel, {shards} shards", database, out, "--shards", str(shards)) as server:
            rates = [wrk(server.url, "grown.lua", 64, setting.seconds, size)["rate"] for _ in setting.each_round(3)]
        by_shards.append([shards, statistics.median(rates)])
    out.curve("Point reads by shards (2 cores, wrk on one of them)", "shards", "requests/s", {"carrel": by_shards})
    events = setting.dashboard(setting.sized(10_000, 1_000), 1)
    by_readers = []
    for readers in (2, 3, 5, 10):
        with setting.contender(f"carrel, {readers} readers", events, out, "--shards", "1", "--readers", str(readers)) as server:
            rates = [wrk_result(start_wrk(server.url + COUNT, "counts.lua", 8, setting.seconds))["rate"]
                     for _ in setting.each_round(3)]
        by_readers.append([readers, statistics.median(rates)])
    out.curve("Scans of all events by readers (2 cores)", "readers", "scans/s", {"carrel": by_readers})
