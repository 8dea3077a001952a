"""What a backup costs those who use the server meanwhile: commits and reads without one, and while one is made after the other.

    perf/backup.py build/release/carrel [--mib 2048] [--seconds 60] [--rounds 3] [--writers 8] [--readers 4] [--directory DIR] [--to DIR]

Writers store alerts as fast as they are acknowledged, readers get them by id. Each round has a phase without and one with backups. Prints for each
phase requests a second, the times (median, p99, the longest), and the largest WAL; then how long
each backup took, and the medians of the rounds' differences. Fails if a backup fails, if the WAL outgrows its hard cap, or, with --stall-ms, if the
longest write took so much longer than without. Wants a quiet machine."""
import argparse
import http.client
import json
import multiprocessing
import pathlib
import random
import statistics
import tempfile
import threading
import time

from programs import Carrel

TEXT = "0123456789abcdef" * 60
WAL_HARD_MIB = 192


def connect(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=120)


def ask(to, method, path, body=None):
    to.request(method, "/api/v1" + path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
    reply = to.getresponse()
    text = reply.read()
    if reply.status >= 300:
        raise RuntimeError(f"{method} {path}: {reply.status} {text[:300]}")
    return json.loads(text)


def fill(port, mib):
    """Events whose text does not pack."""
    to, pick, events = connect(port), random.Random(1), 2000
    lines_of = lambda: "".join(f'{{"n":{n},"text":"{pick.randbytes(700).hex()}"}}\n' for n in range(events))
    for _ in range(max(1, mib * 1024 // (events * 7 // 10))):
        to.request("POST", "/api/v1/events", lines_of(), {"Content-Type": "application/x-ndjson"})
        reply = to.getresponse()
        if reply.read() and reply.status != 201:
            raise RuntimeError(f"filling: {reply.status}")


def write(port, number, stop, into):
    """What a disk that stands still has refused is sent again: its time goes on until it is stored."""
    to, times, alert = connect(port), [], json.dumps({"title": f"{number}", "severity": "low", "description": TEXT})
    while not stop.is_set():
        begun, status = time.monotonic(), 503
        while status == 503 and not stop.is_set():
            to.request("POST", "/api/v1/alerts", alert, {"Content-Type": "application/json"})
            reply = to.getresponse()
            text, status = reply.read(), reply.status
        if status not in (201, 503):
            raise RuntimeError(f"POST /alerts: {status} {text[:300]}")
        times.append(time.monotonic() - begun)
    into.put(("writes", times))


def read(port, _, stop, into):
    to, times = connect(port), []
    while not stop.is_set():
        begun = time.monotonic()
        ask(to, "GET", "/alerts/one")
        times.append(time.monotonic() - begun)
    into.put(("reads", times))


def settle(server):
    """Until what the filling has left is done: events are put together into segments, by commits of the server's own."""
    seen = -1
    while (commits := server.metrics()["carrel_writer_commit_seconds_count"]) != seen:
        seen = commits
        time.sleep(3)


class Phase:
    """Writers and readers, processes each, for as long as the block takes."""

    def __init__(self, server, given):
        self.server, self.stop, self.queue = server, multiprocessing.Event(), multiprocessing.Queue()
        self.callers = [multiprocessing.Process(target=work, args=(server.port, number, self.stop, self.queue))
                        for work, count in ((write, given.writers), (read, given.readers)) for number in range(count)]
        self.times, self.wal_bytes, self.watched = {"writes": [], "reads": []}, 0, threading.Event()
        self.watcher = threading.Thread(target=self.watch)

    def watch(self):
        while not self.watched.wait(0.1):
            self.wal_bytes = max(self.wal_bytes, self.server.metrics()["carrel_wal_bytes"])

    def __enter__(self):
        self.begun = time.monotonic()
        for each in [*self.callers, self.watcher]:
            each.start()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.begun
        self.stop.set()
        for _ in self.callers:
            kind, times = self.queue.get(timeout=120)
            self.times[kind] += times
        for each in self.callers:
            each.join()
        self.watched.set()
        self.watcher.join()

    def line(self, kind):
        times = sorted(self.times[kind])
        ms = [1000 * value for value in (statistics.median(times), times[int(len(times) * 0.99)], times[-1])]
        return f"{len(times) / self.seconds:9,.0f}/s  median {ms[0]:7.2f} ms  p99 {ms[1]:7.2f} ms  longest {ms[2]:7.2f} ms"

    def longest_ms(self, kind):
        return 1000 * max(self.times[kind])

    def rate(self, kind):
        return len(self.times[kind]) / self.seconds


def back_up(server, seconds):
    """One after the other until the time is over; how long each took, in seconds, and its bytes."""
    to, made, until = connect(server.port), [], time.monotonic() + seconds
    while time.monotonic() < until:
        begun = time.monotonic()
        run = ask(to, "POST", "/admin/backup", {"keep": 1})
        while run["state"] not in ("succeeded", "failed", "cancelled"):
            time.sleep(0.1)
            run = ask(to, "GET", f"/admin/backup/{run['id']}")
        if run["state"] != "succeeded":
            raise SystemExit("a backup failed: " + run["detail"])
        made.append((time.monotonic() - begun, run["bytes"]))
    return made


def round_of(server, given):
    with Phase(server, given) as alone:
        time.sleep(given.seconds)
    with Phase(server, given) as beside:
        made = back_up(server, given.seconds)
    for name, phase in (("without", alone), ("with", beside)):
        for kind in ("writes", "reads"):
            print(f"{name:8}{kind:7}{phase.line(kind)}")
        print(f"{name:8}WAL    at most {phase.wal_bytes / 2**20:.1f} MiB", flush=True)
    for seconds, size in made:
        print(f"backup of {size / 2**20:,.0f} MiB: {seconds:.1f} s, {size / 2**20 / seconds:,.0f} MiB/s", flush=True)
    return alone, beside


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--directory", help="where the database is (default: a temporary folder)")
    parser.add_argument("--to", help="where the copies go (default: beside the database)")
    parser.add_argument("--stall-ms", type=float, help="how much longer the longest commit may take")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.directory) as folder, tempfile.TemporaryDirectory(dir=given.to or folder) as copies:
        with Carrel(given.program, pathlib.Path(folder) / "served", "--backup-directory", copies) as server:
            fill(server.port, given.mib)
            ask(connect(server.port), "POST", "/alerts", {"id": "one", "title": "one", "severity": "low"})
            settle(server)
            rounds = [round_of(server, given) for _ in range(given.rounds)]
    stall = statistics.median(beside.longest_ms("writes") - alone.longest_ms("writes") for alone, beside in rounds)
    of_those = {kind: statistics.median(beside.rate(kind) / alone.rate(kind) for alone, beside in rounds) for kind in ("reads", "writes")}
    print(f"longest write {stall:+.1f} ms; reads {of_those['reads']:.2f} of those without, writes {of_those['writes']:.2f}")
    if max(beside.wal_bytes for _, beside in rounds) > WAL_HARD_MIB * 2**20:
        raise SystemExit("the WAL outgrew its hard cap")
    if given.stall_ms is not None and stall > given.stall_ms:
        raise SystemExit(f"a write took {stall:.1f} ms longer")


if __name__ == "__main__":
    main()
