"""The questions of the speed contract, each answered by rounds that alternate with the other side."""
import json
import pathlib
import statistics
import subprocess

import connections
import filling
from peers import Carrel, Nginx, start_wrk, wrk, wrk_result

EVENTS = 25_208
ONE_SHARD = ("--shards", "1")


class Setting:
    """What all scenarios share: programs, a directory on a real disk, rounds and seconds."""

    def __init__(self, program, bare_ingest, load, directory, events, rounds, seconds, progress):
        self.program, self.bare_ingest, self.load = program, bare_ingest, load
        self.directory, self.events = pathlib.Path(directory), pathlib.Path(events)
        self.rounds, self.seconds, self.progress = rounds, seconds, progress

    def carrel(self, name, *flags):
        return Carrel(self.program, self.directory / name, *ONE_SHARD, *flags)

    def nginx(self, body):
        return Nginx(self.directory / "nginx", body)

    def each_round(self):
        for number in range(1, self.rounds + 1):
            self.progress(number)
            yield number


def alert_ids_file(setting, ids, name=""):
    path = setting.directory / f"ids{name}.txt"
    path.write_text("\n".join(ids) + "\n")
    return path


def remove_database(path):
    for ending in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{ending}").unlink(missing_ok=True)


def point_reads(setting):
    """GET /alerts/{id}, random over 100,000, 64 connections, one shard, against nginx's fixed string of that size.

    wrk sends the same requests to both; what nginx makes of one fixed request is told beside."""
    ours, limit, fixed, p99 = [], [], [], []
    with setting.carrel("reads") as server:
        ids = filling.make_alerts(server, 100_000)
        file = alert_ids_file(setting, ids)
        with setting.nginx(server.get("/api/v1/alerts/" + ids[0])) as nginx:
            for _ in setting.each_round():
                limit.append(wrk(nginx.url, "point_reads.lua", 64, setting.seconds, file)["rate"])
                run = wrk(server.url, "point_reads.lua", 64, setting.seconds, file)
                ours.append(run["rate"])
                p99.append(run["p99_ms"])
                fixed.append(wrk(nginx.url, "fixed.lua", 64, setting.seconds)["rate"])
    return {"carrel": ours, "nginx": limit, "nginx, one fixed request": fixed, "p99_ms": p99,
            "ratios": [("point reads / nginx", ours, limit, 0.85)]}


def durable_posts(setting):
    """POST of one alert, durability full, 256 connections, against nginx and against batches of one."""
    ours, alone, limit, p99 = [], [], [], []
    with setting.carrel("size") as server:
        body = server.get("/api/v1/alerts/" + filling.make_alerts(server, 1, 1)[0])
    with setting.nginx(body) as nginx:
        for _ in setting.each_round():
            limit.append(wrk(nginx.url, "fixed.lua", 64, setting.seconds)["rate"])
            with setting.carrel("grouped") as server:
                run = wrk(server.url, "posts.lua", 256, setting.seconds)
                stored = json.loads(server.get("/api/v1/alerts/count"))["count"]
                if stored < run["requests"]:
                    raise RuntimeError(f"{run['requests']} acknowledged, {stored} stored")
                ours.append(run["rate"])
                p99.append(run["p99_ms"])
            with setting.carrel("alone", "--batch-jobs-max", "1") as server:
                alone.append(wrk(server.url, "posts.lua", 256, setting.seconds)["rate"])
    return {"carrel": ours, "batch of one": alone, "nginx": limit, "p99_ms": p99,
            "ratios": [("durable posts / nginx", ours, limit, 0.35), ("durable posts / batch of one", ours, alone, 10)]}


def mixed_reads(setting):
    """Point reads while 4 clients count 25,208 events by an unindexed field, against the same reads undisturbed."""
    calm, mixed, p99, counts = [], [], [], []
    with setting.carrel("mixed") as server:
        file = alert_ids_file(setting, filling.make_alerts(server, 100_000))
        filling.post_events(server, filling.unpack(setting.events), EVENTS)
        for _ in setting.each_round():
            calm.append(wrk(server.url, "point_reads.lua", 64, setting.seconds, file)["rate"])
            counting = start_wrk(server.url + "/api/v1/events/count?field.NoSuchKey=zzz", "counts.lua", 4, setting.seconds + 1)
            run = wrk(server.url, "point_reads.lua", 64, setting.seconds, file)
            mixed.append(run["rate"])
            p99.append(run["p99_ms"])
            counts.append(wrk_result(counting)["rate"])
    return {"undisturbed": calm, "beside counts": mixed, "p99_ms": p99, "counts a second": counts,
            "ratios": [("point reads beside counts / undisturbed", mixed, calm, 0.35)],
            "limits": [("p99 beside counts, ms", p99, statistics.median, 10)]}


def ingest(setting):
    """One POST of the 25,208-event file, against a loop over the same rows in one transaction in process."""
    ours, bare = [], []
    body = filling.unpack(setting.events)
    plain = setting.directory / "events.ndjson"
    plain.write_bytes(body)
    for number in setting.each_round():
        database = setting.directory / f"bare-{number}.db"
        remove_database(database)
        out = subprocess.run([setting.bare_ingest, plain, database], stdout=subprocess.PIPE, check=True).stdout
        told = json.loads(out)
        if told["rows"] != EVENTS:
            raise RuntimeError(out)
        bare.append(EVENTS / told["seconds"])
        remove_database(database)
        with setting.carrel("ingest") as server:
            ours.append(EVENTS / filling.post_events(server, body, EVENTS))
    return {"carrel": ours, "bare loop": bare, "ratios": [("ingest / bare loop", ours, bare, 0.4)]}


def dashboard_on(setting, name, *flags):
    """Rates of 64 point readers, 4 clients that count 25,208 events and 8 that write, all at once."""
    reads, scans, writes, p99 = [], [], [], []
    with setting.carrel(name, *flags) as server:
        file = alert_ids_file(setting, filling.make_alerts(server, 10_000), name)
        filling.post_events(server, filling.unpack(setting.events), EVENTS)
        counted = server.url + "/api/v1/events/count?field.NoSuchKey=zzz"
        while True:
            others = [start_wrk(counted, "counts.lua", 4, setting.seconds + 1),
                      start_wrk(server.url, "posts.lua", 8, setting.seconds + 1)]
            run = wrk(server.url, "point_reads.lua", 64, setting.seconds, file)
            scan, write = (wrk_result(each) for each in others)
            reads.append(run["rate"]), p99.append(run["p99_ms"]), scans.append(scan["rate"]), writes.append(write["rate"])
            yield reads, scans, writes, p99


def dashboard(setting):
    """64 point readers beside 4 clients that scan and 8 that write: what carrel was made for, and one connection for all."""
    actors, single = dashboard_on(setting, "dashboard"), dashboard_on(setting, "single", "--engine", "single")
    for _ in setting.each_round():
        before, after = next(single), next(actors)
    actors.close(), single.close()
    return {"point reads, actors": after[0], "point reads, one connection": before[0], "p99_ms, actors": after[3],
            "p99_ms, one connection": before[3], "scans, actors": after[1], "scans, one connection": before[1],
            "writes, actors": after[2], "writes, one connection": before[2],
            "ratios": [("dashboard point reads / one connection", after[0], before[0], 100)]}


def sustained(setting):
    """10,000 requests a second, 90 % reads of what was written and 10 % writes, whatever the server makes of them."""
    p50, p95, p999, rss = [], [], [], []
    with setting.carrel("sustained") as server:
        for number in setting.each_round():
            out = subprocess.run([setting.load, f"127.0.0.1:{server.port}", "--mix", "readback=90,post=10", "--rate", "10000",
                                  "--connections", "256", "--seconds", str(setting.seconds), "--seed", str(number)],
                                 stdout=subprocess.PIPE, check=True).stdout
            told = json.loads(out)
            p50.append(told["p50_ms"]), p95.append(told["p95_ms"]), p999.append(told["p99_9_ms"])
            rss.append(server.rss_bytes() / 1e6)
    return {"p50_ms": p50, "p95_ms": p95, "p99_9_ms": p999, "rss_mb": rss,
            "limits": [("p95 at 10,000 requests/s, ms", p95, statistics.median, 5),
                       ("p99.9 at 10,000 requests/s, ms", p999, statistics.median, 50)]}


def many_connections(setting):
    """10,000 keep-alive connections, each sending, all open at once."""
    rss, refused, errors = [], [], []
    for _ in setting.each_round():
        with setting.carrel("connections") as server:
            alert = filling.make_alerts(server, 1, 1)[0]
            crowd = connections.Connections(server.port, 10_000, "/api/v1/alerts/" + alert)
            for _ in range(3):
                crowd.send_all()
            rss.append(server.rss_bytes() / 1e6)
            refused.append(crowd.refused)
            errors.append(crowd.errors)
            if crowd.answers + crowd.errors != 3 * (10_000 - crowd.refused):
                raise RuntimeError("replies and errors do not add up")
            crowd.close()
    return {"rss_mb": rss, "limits": [("RSS with 10,000 connections, MB", rss, max, 400),
                                      ("connections refused", refused, sum, 0), ("connections with an error", errors, sum, 0)]}


ALL = {"reads": point_reads, "posts": durable_posts, "mixed": mixed_reads, "ingest": ingest, "connections": many_connections,
       "dashboard": dashboard, "sustained": sustained}
