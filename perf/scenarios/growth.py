"""More rows, more shards, more readers."""
import contextlib
import shutil
import sqlite3
import statistics

from programs import start_wrk, wrk, wrk_result

from .beside import COUNT
from .outcome import Outcome

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


def growth(setting):
    sizes = setting.sized((100_000, 1_000_000, 10_000_000), (1_000, 10_000))
    out = Outcome(f"Point reads, random over {sizes[0]:,} to {sizes[-1]:,} alerts, 64 connections, one shard; then with more shards, and "
                  "scans with more readers.")
    files = grown(setting, sizes)
    rates = {size: [] for size in sizes}
    with contextlib.ExitStack() as running:
        servers = {size: running.enter_context(setting.contender(f"carrel, {size:,} rows", file, out))
                   for size, file in files.items()}
        for _ in setting.each_round():
            for size, server in servers.items():
                run = wrk(server.url, "grown.lua", 64, setting.seconds, size)
                rates[size].append(run["rate"])
                out.note_run(f"carrel, {size:,} rows", run)
    for size, file in files.items():
        out.fact(f"file with {size:,} alerts", f"{file.stat().st_size / 1e6:,.0f} MB")
    out.curve("Point reads by the number of alerts", "alerts", "requests/s",
              {"carrel": [[size, statistics.median(each)] for size, each in rates.items()]}, log_x=True)
    out.ratio(f"point reads at {sizes[-1]:,} rows / {sizes[0]:,}", f"carrel, {sizes[-1]:,} rows", f"carrel, {sizes[0]:,} rows", 0.8,
              "the page cache (64 MiB) holds the inner pages only: a read copies three pages from the file, and misses the "
              "processor's caches for each")
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
