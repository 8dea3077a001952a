"""Readers beside others: beside writers, beside scans, beside both."""
import contextlib

from programs import start_wrk, wrk, wrk_result

from .outcome import Outcome
from .setting import GO_POOL, GO_SINGLE, PEERS, SINGLE

COUNT = "/api/v1/events/count?field.NoSuchKey=zzz"


def mixed_90_10(setting):
    out = Outcome("64 connections, 90 % reads of what was written before and 10 % durable writes, one shard; every answer is "
                  "checked against what was written.")
    database = setting.alerts(setting.sized(10_000, 1_000))
    ids = setting.ids(database)
    contenders = ("carrel", SINGLE, *setting.present(PEERS, out))
    for number in setting.each_round():
        for name in contenders:
            with setting.contender(name, database, out) as server:
                out.note_run(name, setting.load(server, "--mix", "readback=90,post=10", "--ids", ids,
                                                "--connections", 64, "--warm-up", 0.5,
                                                "--seconds", setting.seconds, "--seed", number))
    best = out.best(PEERS)
    out.fact("the best peer", best)
    return out


def _beside(setting, server, ids, scanners, writers):
    """A round of 64 point readers beside others."""
    others = [start_wrk(server.url + COUNT, "counts.lua", scanners, setting.seconds + 1)]
    if writers:
        others.append(start_wrk(server.url, "posts.lua", writers, setting.seconds + 1))
    run = wrk(server.url, "point_reads.lua", 64, setting.seconds, ids)
    return run, *(wrk_result(each) for each in others)


def beside_counts(setting):
    alerts = setting.sized(100_000, 1_000)
    out = Outcome(f"Point reads over {alerts:,} alerts from 64 connections while 4 clients count events by a field without an "
                  "index, against the same reads undisturbed.")
    setting.tell_events(out)
    database = setting.dashboard(alerts, 1)
    ids = setting.ids(database)
    with setting.contender("carrel", database, out) as server:
        for _ in setting.each_round():
            out.note_run("carrel, undisturbed", wrk(server.url, "point_reads.lua", 64, setting.seconds, ids))
            run, scans = _beside(setting, server, ids, 4, 0)
            out.note_run("carrel, beside counts", run)
            out.note("carrel, beside counts", "scans/s", scans["rate"])
    out.ratio("point reads beside counts / undisturbed", "carrel, beside counts", "carrel, undisturbed", 0.35)
    out.at_most("their p99, ms", "carrel, beside counts", "p99_ms", 10)
    return out


def _dashboard(setting, times, contenders, out):
    alerts = setting.sized(10_000, 1_000)
    database = setting.dashboard(alerts, times)
    ids = setting.ids(database)
    with contextlib.ExitStack() as running:
        servers = {name: running.enter_context(setting.contender(name, database, out)) for name in contenders}
        for _ in setting.each_round():
            for name, server in servers.items():
                run, scans, writes = _beside(setting, server, ids, 4, 8)
                out.note_run(name, run)
                out.note(name, "scans/s", scans["rate"])
                out.note(name, "writes/s", writes["rate"])


def dashboard(setting):
    times = setting.sized(10, 1)
    _, lines = setting.events()
    out = Outcome(f"The complaint that started it: 64 point readers beside 4 clients that scan {times * lines:,} events and 8 that "
                  "write, through one connection for everything, and after.")
    setting.tell_events(out)
    contenders = ("carrel", SINGLE, *setting.present(PEERS, out))
    _dashboard(setting, times, contenders, out)
    why = ("one connection's reads wait behind four scans, so the ratio grows with what they scan (see dashboard-small, a tenth of it): "
           "the events were not made more until it held")
    out.ratio("dashboard, point reads / one connection", "carrel", SINGLE, 1000, why)
    out.ratio("dashboard, point reads / the origin's one connection in Go", "carrel", GO_SINGLE, 1000, why)
    out.ratio("dashboard, point reads / Go 1+10", "carrel", GO_POOL, 2.5)
    out.at_most("dashboard, p99 of the point reads, ms", "carrel", "p99_ms", 10)
    out.headline = {"kind": "bars", "measure": "requests/s", "title": "A dashboard's point reads a second beside scans and writes"}
    return out


def dashboard_small(setting):
    _, lines = setting.events()
    out = Outcome(f"The dashboard over {lines:,} events: how the ratio depends on the size of what is scanned.")
    setting.tell_events(out)
    _dashboard(setting, 1, ("carrel", SINGLE), out)
    out.ratio("dashboard over a tenth of the events / one connection", "carrel", SINGLE, 100)
    return out
