"""Much, and for long."""
import statistics
import time

from .outcome import Outcome

MIX = "readback=65,point=15,list=3,post=12,events=5"


def _counters(server):
    """What the server counts of replies, by `GET 200`, and of refusals by SQLite."""
    metrics = server.metrics()
    replies = {}
    for series, value in metrics.items():
        if series.startswith("carrel_http_replies_total{"):
            method, code = (part.split('"')[1] for part in series.split("{")[1].split(","))
            replies[f"{method} {code}"] = int(value)
    return replies, metrics


def _hold_to_account(out, what, replies, client, own_gets):
    """The server's counters against the client's, to the last request."""
    client = dict(client)
    client["GET 200"] = client.get("GET 200", 0) + own_gets
    out.is_equal(f"{what}, the server's count of replies = the client's", sum(replies.values()), sum(client.values()))
    if replies != client:
        raise RuntimeError(f"the server counts {replies}, the clients {client}")


def million(setting):
    operations = setting.sized(1_000_000, 20_000)
    out = Outcome(f"{operations:,} mixed operations ({MIX}) from 64 connections, every answer checked.")
    database = setting.alerts(setting.sized(100_000, 1_000))
    with setting.contender("carrel", database, out, "--shards", "2") as server:
        run = setting.load(server, "--mix", MIX, "--ids", setting.ids(database), "--connections", 64, "--requests", operations,
                           "--warm-up", 0, "--seconds", 600)
        replies, metrics = _counters(server)
    out.note_run("carrel", run)
    out.is_equal("million, operations answered rightly", run["requests"], operations)
    out.is_equal("million, SQLITE_BUSY or LOCKED seen by any connection", int(metrics["carrel_busy_seen_total"]), 0)
    _hold_to_account(out, "million", replies, run["answers"], 0)
    out.fact("mutations in how many commits", f"{metrics['carrel_writer_jobs_total']:,.0f} in {metrics['carrel_writer_batches_total']:,.0f}")
    out.fact("checkpoints, of them failed",
             f"{metrics['carrel_checkpoint_seconds_count']:,.0f}, {metrics['carrel_checkpoint_errors_total']:,.0f}")
    return out


class Watch:
    """The server's memory, files and use of its pools, once a second."""

    def __init__(self, server):
        self.server, self.begun, self.gets = server, time.monotonic(), 0
        self.rss, self.files, self.reads, self.writes = [], [], [], []

    def look(self):
        at = time.monotonic() - self.begun
        metrics = self.server.metrics()
        self.gets += 1
        self.rss.append([at, self.server.rss_bytes() / 1e6])
        self.files.append([at, self.server.open_files()])
        for pool, into in (("read", self.reads), ("write", self.writes)):
            used = next(v for k, v in metrics.items() if k.startswith("carrel_pool_utilization_ratio") and f'"{pool}"' in k)
            into.append([at, used * 100])


def slope(points):
    """Of a straight line through the points, by least squares."""
    mean_x, mean_y = (statistics.fmean(each) for each in zip(*points))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def sustained(setting):
    rate, seconds = setting.sized(10_000, 1_000), setting.sized(300, 4)
    # Caches, and the table of row hints, are full after the warm-up: what grows then is a leak.
    flags = ("--shards", "1", "--page-cache-kib", "8192", "--background-cache-kib", "2048")
    warm_up = setting.sized(60, 1)
    out = Outcome(f"{rate:,} requests/s for {seconds} s after {warm_up} s of warm-up, whatever the server makes of them (open loop), "
                  "90 % reads of what was written and 10 % durable writes, 256 connections, one shard.")
    database = setting.alerts(setting.sized(400_000, 1_000))
    with setting.contender("carrel", database, out, *flags) as server:
        before = setting.load(server, "--mix", "point=1", "--ids", setting.ids(database), "--connections", 64, "--warm-up", 0,
                              "--seconds", setting.sized(20, 1))
        watch = Watch(server)
        with setting.loaded(server, "--mix", "readback=90,post=10", "--rate", rate, "--connections", 256, "--warm-up", warm_up,
                            "--seconds", seconds) as load:
            while load.wait(1):
                watch.look()
                setting.progress(int(time.monotonic() - watch.begun), warm_up + seconds)
        run = load.run
        replies, metrics = _counters(server)
    out.note_run("carrel", run)
    _tell_watch(out, watch, warm_up, warm_up + seconds)
    out.at_most("sustained, P95, ms", "carrel", "p95_ms", 5)
    out.at_most("sustained, P99.9, ms", "carrel", "p99_9_ms", 50)
    out.at_least("sustained, requests/s", "carrel", "requests/s", rate * 0.999)
    out.is_equal("sustained, SQLITE_BUSY or LOCKED seen", int(metrics["carrel_busy_seen_total"]), 0)
    answers = {each: before["answers"].get(each, 0) + run["answers"].get(each, 0) for each in run["answers"]}
    _hold_to_account(out, "sustained", replies, answers, watch.gets)
    return out


def _tell_watch(out, watch, warm_up, end):
    kept = lambda points: [each for each in points if warm_up <= each[0] <= end]
    middle = statistics.median(rss for _, rss in kept(watch.rss))
    out.note("carrel", "RSS, MB", middle)
    out.note("carrel", "RSS slope, %/h", slope(kept(watch.rss)) * 3600 / middle * 100)
    files = [count for _, count in kept(watch.files)]
    minute = min(60, len(files) // 2)
    out.note("carrel", "open files more in the last minute than in the first", max(files[-minute:]) - max(files[:minute]))
    out.note("carrel", "read pool, % used", max(used for _, used in kept(watch.reads)))
    out.note("carrel", "write pool, % used", max(used for _, used in kept(watch.writes)))
    out.at_most("sustained, highest use of the read pool, %", "carrel", "read pool, % used", 80)
    out.at_most("sustained, highest use of the write pool, %", "carrel", "write pool, % used", 80)
    out.at_most("sustained, RSS slope, % an hour", "carrel", "RSS slope, %/h", 1,
                "1 % an hour of 37 MB are 31 KB in five minutes, eight pages: see the curve")
    out.at_most("sustained, open files more at the end", "carrel", "open files more in the last minute than in the first", 2)
    out.curve("Memory", "seconds", "RSS, MB", {"carrel": watch.rss})
    out.curve("Use of the pools", "seconds", "% of the time", {"readers": watch.reads, "writer": watch.writes})
