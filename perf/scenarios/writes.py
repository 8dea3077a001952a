"""Writes that are on the disk when they are answered."""
import contextlib
import json
import shutil
import sqlite3
import subprocess

import filling
from programs import wrk

from .outcome import Outcome
from .setting import ONE_SHARD, PEERS

BATCH_OF_ONE = "carrel, a commit each"
CONNECTIONS = 256


def stored(database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM alerts").fetchone()[0]


def stored_events(database):
    """Those in segments, and those in rows, where the peers keep them."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT (SELECT count(*) FROM events) + "
                                  "(SELECT coalesce(sum(events), 0) FROM event_segments)").fetchone()[0]


def _posts(setting, out, name, empty, *flags):
    with setting.contender(name, empty, out, *flags) as server:
        run = wrk(server.url, "posts.lua", CONNECTIONS, setting.seconds)
        rows = stored(server.database)
    if rows < run["requests"]:
        raise RuntimeError(f"{name}: {run['requests']} acknowledged, {rows} stored")
    out.note_run(name, run)


def durable_write(setting):
    out = Outcome(f"POST of one alert, acknowledged after its fsync, {CONNECTIONS} connections, one shard; nginx answers GETs "
                  "with a body of the same size.")
    empty = setting.database("empty")
    one = setting.alerts(1)
    with setting.contender("carrel", one, out) as server:
        with open(setting.ids(one)) as ids:
            body = server.get("/api/v1/alerts/" + ids.readline().strip())
    peers = list(setting.present(PEERS, out))
    with setting.nginx(body, out) as nginx:
        for _ in setting.each_round():
            out.note_run("nginx", wrk(nginx.url, "fixed.lua", 64, setting.seconds))
            _posts(setting, out, "carrel", empty)
            _posts(setting, out, BATCH_OF_ONE, empty, *ONE_SHARD, "--batch-jobs-max", "1")
            for name in peers:
                _posts(setting, out, name, empty)
    why = "the writer, the shard and wrk share two cores, and nginx needs one"
    out.ratio("durable POSTs / nginx", "carrel", "nginx", 0.5, why)
    best = out.best(PEERS)
    out.ratio(f"durable POSTs / the best peer ({best})", "carrel", best, 10, "within the noise of it: the rounds spread by a sixth")
    out.ratio("durable POSTs / a commit each", "carrel", BATCH_OF_ONE, 10)
    out.headline = {"kind": "bars", "measure": "requests/s", "title": "Durable writes a second, 256 connections"}
    return out


def _bare_loop(setting, plain, lines):
    """The same rows, in one transaction of one connection, without a server."""
    database = setting.directory / "bare.db"
    remove_database(database)
    told = json.loads(subprocess.run([setting.bare_ingest, plain, database], stdout=subprocess.PIPE, check=True).stdout)
    remove_database(database)
    if told["rows"] != lines:
        raise RuntimeError(f"the bare loop stored {told['rows']} of {lines} events")
    return lines / told["seconds"]


def remove_database(path):
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def bulk_ingest(setting):
    body, lines = setting.events()
    out = Outcome(f"One POST of {lines:,} Windows events ({len(body) / 1e6:.0f} MB of NDJSON) with full-text index, durable; beside a "
                  "bare loop over the same rows in one transaction in process.")
    setting.tell_events(out)
    out.settings["bare loop"] = "sqlite3 in process, the same schema and PRAGMAs; the rows are cut before and not counted"
    plain = setting.directory / "events.ndjson"
    plain.write_bytes(body)
    empty = setting.database("empty")
    contenders = ("carrel", *setting.present(PEERS, out))
    for _ in setting.each_round():
        out.note("bare loop", "events/s", _bare_loop(setting, plain, lines))
        for name in contenders:
            with setting.contender(name, empty, out) as server:
                out.note(name, "events/s", lines / filling.post_events(server, body, lines))
                if stored_events(server.database) != lines:
                    raise RuntimeError(f"{name} did not store every event")
    why = ("a peer's request is one transaction as well, and the bare loop, which is all SQLite's work and most of it the index of "
           "words, is only twice as fast as the best of them")
    out.ratio("bulk ingest / a bare loop in process", "carrel", "bare loop", 0.5, measure="events/s")
    best = out.best(PEERS, "events/s")
    out.ratio(f"bulk ingest / the best peer ({best})", "carrel", best, 5, why, measure="events/s")
    return out
