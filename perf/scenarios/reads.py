"""Reads that everybody waits for: one alert, and the newest fifty."""
import contextlib
import json

from programs import wrk

from .outcome import Outcome
from .setting import BUN, GO_POOL, PEERS

CONNECTIONS = 64


def _first(path):
    with open(path) as file:
        return file.readline().strip()


def _compare(setting, out, database, path, script, *arguments):
    """Each contender and nginx in turn, after all have given the same answer."""
    with contextlib.ExitStack() as running:
        servers = {name: running.enter_context(setting.contender(name, database, out))
                   for name in ("carrel", *setting.present(PEERS, out))}
        body = servers["carrel"].get(path)
        for name, server in servers.items():
            require_equal(name, server.get(path), body)
        nginx = running.enter_context(setting.nginx(body, out))
        for _ in setting.each_round():
            out.note_run("nginx", wrk(nginx.url, script, CONNECTIONS, setting.seconds, *arguments))
            for name, server in servers.items():
                out.note_run(name, wrk(server.url, script, CONNECTIONS, setting.seconds, *arguments))
    out.fact("bytes of the body", len(body))


def require_equal(name, found, wanted):
    """The contents; `next` of a list is each server's own."""
    found, wanted = ({k: v for k, v in json.loads(each).items() if k != "next"} for each in (found, wanted))
    if found != wanted:
        raise RuntimeError(f"{name} answers otherwise: {str(found)[:300]} {str(wanted)[:300]}")


def point_read(setting):
    count = setting.sized(100_000, 1_000)
    out = Outcome(f"GET /alerts/{{id}}, random over {count:,} alerts, {CONNECTIONS} connections, one shard. nginx answers the "
                  "same requests with a fixed string of the same size: the limit of this machine.")
    database = setting.alerts(count)
    ids = setting.ids(database)
    _compare(setting, out, database, "/api/v1/alerts/" + _first(ids), "point_reads.lua", ids)
    why = ("of a request's 11 µs the kernel's send and recv take 6, as for nginx; SQLite's step takes 2.2 and carrel's own "
           "code 2: see perf/README.md for what was tried")
    out.ratio("point reads / nginx", "carrel", "nginx", 0.95, why)
    out.ratio("point reads / Bun", "carrel", BUN, 2, why)
    out.ratio("point reads / Go 1+10", "carrel", GO_POOL, 3)
    return out


def list_50(setting):
    count = setting.sized(100_000, 1_000)
    out = Outcome(f"GET /alerts?limit=50, the newest of {count:,} alerts, {CONNECTIONS} connections, one shard. nginx serves a "
                  "file of the same size.")
    _compare(setting, out, setting.alerts(count), "/api/v1/alerts?limit=50", "lists.lua")
    best = out.best(PEERS)
    out.ratio(f"lists of 50 / the best peer ({best})", "carrel", best, 3,
              "of 63 µs 22 are the JSON of 850 values (micro_encode), 30 SQLite's steps and columns; Go runs them on both cores")
    return out
