"""The event store at a million events and more, beside VictoriaLogs and ClickHouse where they are installed.

    perf/event_store.py build/release/carrel EVENTS-DIRECTORY [--events 1000000] [--victoria-logs PROGRAM]
        [--clickhouse-server PROGRAM] [--report FILE]

Events are made from the real ones in the directory (NDJSON, gzip'd or not), with other times and hosts. One client posts them in
bodies of 5,000 while a second one posts alerts; then the questions of a day are asked, each several times, and medians are
printed beside what is asked for. Everything runs on this machine at the same time, clients included."""
import argparse
import gzip
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

from event_peers import ClickHouse, VictoriaLogs, download_rate, free_port

BODY, BODIES, HOSTS, TIMES = 5_000, 12, 200, 9
HOUR = b"2001-02-03T04"     # stands in a body where its hour goes
COMMON, NOWHERE = "windows", "qqzzxxnowhere"
FIRST_DAY = 1_767_225_600   # 2026-01-01
BODIES_A_HOUR = 4
MINUTES = 60 // BODIES_A_HOUR  # that a body spans


def real_lines(directory):
    lines = []
    for path in sorted(pathlib.Path(directory).iterdir()):
        opener = gzip.open if path.suffix == ".gz" else open
        try:
            with opener(path, "rt", errors="replace") as file:
                lines += [line.strip() for line in file if line.startswith("{")]
        except (OSError, UnicodeDecodeError):
            continue
    return lines


class Bodies:
    """NDJSON bodies whose events stand in the hour that is asked for."""

    def __init__(self, directory):
        pick, lines = random.Random(1), real_lines(directory)
        if not lines:
            raise SystemExit(f"event_store.py: no events in {directory}")
        self.rare, self.made = "rareword" + "x7", []
        for body in range(BODIES):
            events = []
            for place in range(BODY):
                event = lines[(body * BODY + place) % len(lines)]
                minute = body % BODIES_A_HOUR * MINUTES + place * MINUTES // BODY
                stamp = f'{HOUR.decode()}:{minute:02d}:{pick.randrange(60):02d}.{pick.randrange(1000):03d}Z'
                event = re.sub(r'"@timestamp"\s*:\s*"[^"]*"', f'"@timestamp":"{stamp}"', event, count=1)
                event = re.sub(r'"(Hostname|host)"\s*:\s*"[^"]*"', f'"\\1":"host{pick.randrange(HOSTS)}.example"', event)
                if body == 0 and place == 7:
                    event = '{"note":"' + self.rare + '",' + event[1:]
                events.append(event)
            self.made.append("\n".join(events).encode() + b"\n")
        self.bytes = sum(map(len, self.made)) // (BODY * BODIES)

    common, nowhere = COMMON, NOWHERE

    def body(self, number):
        return self.in_its_hour(self.made[number % BODIES], number)

    @staticmethod
    def in_its_hour(made, number):
        hour = time.strftime("%Y-%m-%dT%H", time.gmtime(FIRST_DAY + number // BODIES_A_HOUR * 3600)).encode()
        return made.replace(HOUR, hour)

    @staticmethod
    def begin_of(number):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST_DAY + number * MINUTES * 60))


def rss_max(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) // 1024


def disk_bytes(place):
    return sum(each.stat().st_blocks * 512 for each in pathlib.Path(place).rglob("*") if each.is_file())


class Carrel:
    name = "carrel"

    def __init__(self, program, directory):
        self.directory, self.port = directory, free_port()
        self.process = subprocess.Popen([program, "serve", "--database", f"{directory}/carrel.db", "--listen",
                                         f"127.0.0.1:{self.port}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()

    def client(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def prepare(self, bodies):
        pass

    def post_body(self, client, bodies, number):
        client.request("POST", "/api/v1/events", bodies.body(number), {"Content-Type": "application/x-ndjson"})
        reply = client.getresponse()
        text = reply.read()
        if reply.status != 201 or json.loads(text)["accepted"] != BODY:
            raise SystemExit(f"event_store.py: {reply.status} {text[:300]}")

    def ask(self, client, path, query=None, accept="application/json"):
        client.request("GET", "/api/v1/events" + path + ("?" + urllib.parse.urlencode(query) if query else ""),
                       headers={"Accept": accept, "Carrel-Timeout-Ms": "60000"})
        reply = client.getresponse()
        return reply.status, reply.read()

    def settle(self, client):
        """Waits until no segment is left to be put together, and the file is what it will be."""
        before, steady, ends = None, 0, time.monotonic() + 300
        while steady < 12 and time.monotonic() < ends:
            time.sleep(0.5)
            client.request("GET", "/metrics")
            now = (re.search(r"carrel_events_put_together_total (\d+)", client.getresponse().read().decode()).group(1),
                   disk_bytes(self.directory))
            steady, before = (steady + 1, before) if now == before else (0, now)

    def questions(self, bodies):
        newest = {"limit": 50}
        day = {"from": "2026-01-01T00:00:00Z"}
        return [
            ("newest 50", 2, "", newest), ("newest 50 with a common word", 20, "", newest | {"q": COMMON}),
            ("newest 50 with a rare word", 50, "", newest | {"q": bodies.rare}),
            ("a word that is nowhere", None, "", newest | {"q": NOWHERE}),
            ("a value of a field that is nowhere", 100, "", newest | {"q": f"EventID:{NOWHERE}"}),
            ("a field that is nowhere", 5, "", newest | {"q": f"{NOWHERE}:1"}),
            ("two column filters, newest 50", 20, "", newest | {"host": "host7.example", "event_code": "1"}),
            ("two column filters, nothing passes", None, "", newest | {"host": "host7.example", "event_code": "999999"}),
            ("count with a filter", 4, "/count", {"host": "host7.example"}),
            ("histogram by day", 8, "/histogram", day | {"interval": "1d"}),
            ("top 10 hosts", None, "/top", {"field": "host"}),
            ("top 10 of a path", None, "/top", {"field": "SourceName"}),
        ]

    def timed(self, client, path, query):
        begun = time.perf_counter()
        status, text = self.ask(client, path, query)
        if status != 200:
            return None, text
        return (time.perf_counter() - begun) * 1000, text

    def export(self):
        return download_rate(f"http://127.0.0.1:{self.port}/api/v1/events", accept="application/x-ndjson")

    def drop_oldest(self, client, events):
        """Deletes the oldest events; seconds until all have gone, and the file's share of its size a minute later at most."""
        before, begun = disk_bytes(self.directory), time.perf_counter()
        client.request("DELETE", "/api/v1/events?to=" + Bodies.begin_of(events // BODY))
        job = json.loads(client.getresponse().read())
        while job["state"] != "done":
            time.sleep(0.02)
            client.request("GET", "/api/v1/events/deletions/" + job["id"])
            job = json.loads(client.getresponse().read())
        took, ends, now, steady = time.perf_counter() - begun, time.monotonic() + 60, before, 0
        while (steady < 10 or now == before) and time.monotonic() < ends:
            time.sleep(0.3)
            last, now = now, disk_bytes(self.directory)
            steady = steady + 1 if now == last else 0
        return job["deleted"], took, now / before

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Alerts(threading.Thread):
    """Posts an alert now and then, as long as events come in."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.client, self.ends, self.took = server.client(), threading.Event(), []

    def run(self):
        while not self.ends.wait(0.02):
            body = json.dumps({"title": f"alert {len(self.took)}", "severity": "low"})
            begun = time.perf_counter()
            self.client.request("POST", "/api/v1/alerts", body, {"Content-Type": "application/json"})
            reply = self.client.getresponse()
            reply.read()
            if reply.status == 201:
                self.took.append((time.perf_counter() - begun) * 1000)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def fill(server, bodies, events, alerts):
    client, posting = server.client(), Alerts(server) if alerts else None
    server.prepare(bodies)
    if posting:
        posting.start()
    begun, marks = time.perf_counter(), []
    for number in range(events // BODY):
        server.post_body(client, bodies, number)
        marks.append(time.perf_counter() - begun)
    if posting:
        posting.ends.set()
        posting.join(60)
    half = len(marks) // 2
    late = (len(marks) - half) * BODY / (marks[-1] - marks[half - 1])
    return len(marks) * BODY / marks[-1], late, posting.took if posting else []


def measure(server, bodies, events, alerts=False):
    """A row of figures by their names."""
    rows = {}
    rate, late, took = fill(server, bodies, events, alerts)
    rows["ingest, events/s"] = round(rate)
    rows["the later half of it"] = round(late)
    if alerts:
        rows["alert POST beside it, p50 ms"] = round(percentile(took, 0.5), 1)
        rows["alert POST beside it, p99 ms"] = round(percentile(took, 0.99), 1)
    client = server.client()
    server.settle(client)
    rows["bytes an event on disk"] = round(disk_bytes(server.directory) / events, 1)
    for name, _, *query in server.questions(bodies):
        times = []
        for _ in range(TIMES):
            took, _text = server.timed(client, *query)
            if took is None:
                times = []
                break
            times.append(took)
        rows[name + ", ms"] = round(statistics.median(times), 2) if times else "refused"
    rows["export, MB/s"] = round(server.export())
    if alerts:
        oldest = min(1_000_000, events // 2)
        deleted, took, left = server.drop_oldest(client, oldest)
        if deleted != oldest:
            raise SystemExit(f"event_store.py: {deleted} events were deleted instead of {oldest}")
        rows["drop the oldest million or half, s"] = round(took, 2)
        rows["the file's share within a minute"] = round(left, 3)
    rows["RSS at most, MiB"] = rss_max(server.process.pid)
    return rows


GOALS = {"ingest, events/s": "≥ 50,000", "alert POST beside it, p99 ms": "≤ 25", "bytes an event on disk": "≤ 70",
         "newest 50, ms": "≤ 2", "newest 50 with a common word, ms": "≤ 20", "newest 50 with a rare word, ms": "≤ 50",
         "a word that is nowhere, ms": "≤ 60 (1 M), 200 (5 M)", "a value of a field that is nowhere, ms": "≤ 100",
         "a field that is nowhere, ms": "≤ 5", "two column filters, newest 50, ms": "≤ 20", "count with a filter, ms": "≤ 4",
         "drop the oldest million or half, s": "≤ 2", "histogram by day, ms": "≤ 8", "export, MB/s": "≥ 300", "RSS at most, MiB": "≤ 300"}


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("carrel")
    asked.add_argument("directory")
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--victoria-logs", default=shutil.which("victoria-logs"))
    asked.add_argument("--clickhouse-server", default=shutil.which("clickhouse-server"))
    asked.add_argument("--report")
    chosen = asked.parse_args()
    bodies = Bodies(chosen.directory)
    print(f"{chosen.events:,} events of {bodies.bytes} bytes, {os.cpu_count()} cores", flush=True)
    columns = {}
    kinds = [(Carrel, os.path.abspath(chosen.carrel))]
    if chosen.victoria_logs:
        kinds.append((VictoriaLogs, chosen.victoria_logs))
    if chosen.clickhouse_server:
        kinds.append((ClickHouse, chosen.clickhouse_server))
    for kind, program in kinds:
        with tempfile.TemporaryDirectory(prefix="carrel-events-") as directory:
            server = kind(program, directory)
            try:
                columns[kind.name] = measure(server, bodies, chosen.events, kind is Carrel)
            finally:
                server.stop()
    names = list(columns[Carrel.name])
    lines = [f"| {chosen.events:,} events of {bodies.bytes} bytes | goal | " + " | ".join(columns) + " |",
             "|---" * (2 + len(columns)) + "|"]
    for name in names:
        lines.append(f"| {name} | {GOALS.get(name, '')} | " + " | ".join(str(rows.get(name, "–")) for rows in columns.values())
                     + " |")
    text = "\n".join(lines)
    print(text)
    if chosen.report:
        pathlib.Path(chosen.report).write_text(text + "\n")


if __name__ == "__main__":
    main()
