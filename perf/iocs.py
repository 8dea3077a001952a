"""Lists of a million indicators, and a hunt through a million events.

    perf/iocs.py build/release/carrel [--iocs 1000000] [--events-directory DIRECTORY --events 1000000]

Indicators are imported in bodies of 100,000, while a second client posts alerts; then each question is asked several times, and
the median and the worst are printed. What is asked for is 10 ms. With a directory of events (NDJSON, gzip'd or not), made as in
event_store.py, what an event costs at intake is measured first, without indicators and with clients' field mappings, then beside the
indicators; a hunt for a hundred of them follows, beside a client that reads and writes."""
import argparse
import http.client
import json
import pathlib
import random
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

from event_store import Bodies

BODY, TIMES = 100_000, 9
KINDS = ["ip"] * 35 + ["domain"] * 30 + ["hash"] * 20 + ["url"] * 14 + ["cve"]
SEVERITIES = ["critical", "high", "medium", "low", "informational"]


def indicator(pick, n):
    kind = pick.choice(KINDS)
    value = {"ip": f"{11 + n % 90}.{n // 90 % 256}.{n // 23040 % 256}.{1 + n % 250}",
             "domain": f"host{n}.zone{n % 977}.example", "hash": f"{n:064x}",
             "url": f"http://site{n % 50_021}.example/path/{n}", "cve": f"CVE-2021-{10_000 + n}"}[kind]
    return kind, value


class Server:
    def __init__(self, program, directory):
        self.process = subprocess.Popen([program, "serve", "--database", f"{directory}/carrel.db", "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def client(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def processor_ns(self):
        """What all of its threads have used."""
        used = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in used)

    def memory(self):
        return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1)) // 1024


def ask(client, method, path, query=(), body=None, kind="application/json"):
    target = "/api/v1" + path + ("?" + urllib.parse.urlencode(query) if query else "")
    client.request(method, target, body, {"Content-Type": kind, "Carrel-Timeout-Ms": "60000"})
    reply = client.getresponse()
    text = reply.read()
    if reply.status >= 300:
        raise SystemExit(f"iocs.py: {method} {target}: {reply.status} {text[:300]}")
    return json.loads(text) if text else None


class Alerts(threading.Thread):
    """Posts an alert now and then, as long as something else goes on."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.client, self.ends, self.took = server.client(), threading.Event(), []

    def run(self):
        while not self.ends.wait(0.02):
            begun = time.perf_counter()
            ask(self.client, "POST", "/alerts", body=json.dumps({"title": "beside", "severity": "low"}))
            self.took.append((time.perf_counter() - begun) * 1000)

    def end(self):
        self.ends.set()
        self.join(60)
        took = sorted(self.took) or [0]
        return f"alert POST beside it: p50 {took[len(took) // 2]:.1f} ms, p99 {took[int(len(took) * 0.99)]:.1f} ms, " \
               f"at most {took[-1]:.1f} ms"


def fill(server, count):
    client, pick = server.client(), random.Random(1)
    beside, begun = Alerts(server), time.perf_counter()
    beside.start()
    for first in range(0, count, BODY):
        rows = ["value,type,severity,confidence,tags,description"]
        for n in range(first, min(count, first + BODY)):
            kind, value = indicator(pick, n)
            tags = f"tag{n % 1000};{'common' if n % 3 else 'other'}"
            rows.append(f"{value},{kind},{pick.choice(SEVERITIES)},{pick.randrange(101)},{tags},campaign {n % 5003}")
        query = [("format", "csv"), ("header", "true"), ("source", f"source{first // BODY % 7}")]
        query += [(f"{name}_column", name) for name in ("value", "type", "severity", "confidence", "tags", "description")]
        got = ask(client, "POST", "/iocs/import", query, "\n".join(rows).encode(), "text/csv")
        if got["created"] + got["repeated"] < min(BODY, count - first) * 0.99:
            raise SystemExit(f"iocs.py: {got}")
    took = time.perf_counter() - begun
    print(f"import: {count / took:,.0f} a second; {beside.end()}", flush=True)


QUESTIONS = [
    ("newest", "", []),
    *((f"by {sort}", "", [("sort", sort)]) for sort in
      ("updated_at", "-last_seen", "-severity", "-confidence", "confidence", "-hit_count", "expires_at")),
    ("a common type", "", [("type", "ip")]), ("a rare type", "", [("type", "cve")]),
    ("a type that is nowhere", "", [("type", "ja3")]),
    ("a common type by confidence", "", [("type", "ip"), ("sort", "-confidence")]),
    ("a rare type by confidence", "", [("type", "cve"), ("sort", "-confidence")]),
    ("a type, a severity", "", [("type", "domain"), ("severity", "critical")]),
    ("two types, a severity, by expiry", "", [("type", "domain"), ("type", "cve"), ("severity", "low"), ("sort", "expires_at")]),
    ("a status", "", [("status", "active")]), ("a status that none has", "", [("status", "whitelist")]),
    ("a severity by confidence", "", [("severity", "low"), ("sort", "confidence")]),
    ("a source", "", [("source", "source3")]), ("a source by confidence", "", [("source", "source3"), ("sort", "-confidence")]),
    ("a tag of a thousandth", "", [("tag", "tag7")]), ("a tag of two thirds", "", [("tag", "common")]),
    ("a value", "", [("value", "HOST100[.]zone100.example")]), ("a confidence of 90 and more", "", [("min_confidence", "90")]),
    ("of an hour", "", [("from", "-1h")]), ("of an hour, a type", "", [("from", "-1h"), ("type", "hash")]),
    ("words: one indicator", "", [("q", "host4711")]), ("words: 200", "", [("q", "campaign AND 4242")]),
    ("words: all", "", [("q", "campaign")]), ("words: nowhere", "", [("q", "qqzzxx")]),
    ("count", "/count", []), ("count of a type", "/count", [("type", "ip")]),
    ("count of a type and a severity", "/count", [("type", "ip"), ("severity", "low")]),
    ("count of a tag of a thousandth", "/count", [("tag", "tag7")]), ("count of a tag of two thirds", "/count", [("tag", "common")]),
    ("count of a confidence of 90 and more", "/count", [("min_confidence", "90")]),
    ("facets", "/facets", []), ("facets of a type", "/facets", [("type", "ip")]),
    ("facets of a tag of a thousandth", "/facets", [("tag", "tag7")]), ("statistics", "/stats", []),
]


def lists(server):
    client = server.client()
    print("| question | median, ms | worst, ms |\n|---|---|---|")
    for name, path, query in QUESTIONS:
        took = []
        for _ in range(TIMES):
            begun = time.perf_counter()
            ask(client, "GET", "/iocs" + path, query)
            took.append((time.perf_counter() - begun) * 1000)
        print(f"| {name} | {statistics.median(took):.2f} | {max(took):.2f} |", flush=True)


def take_in(server, bodies, events, what):
    """Posts events, and tells what each cost: by the clock, and of the processor with all that is done in the background."""
    client, began, used = server.client(), time.perf_counter(), server.processor_ns()
    for number in range(events // 5_000):
        ask(client, "POST", "/events", body=bodies.body(number), kind="application/x-ndjson")
    took = time.perf_counter() - began
    print(f"{events:,} events of {bodies.bytes} bytes, {what}: {events / took:,.0f} a second, "
          f"{(server.processor_ns() - used) / events:,.0f} ns of the processor each", flush=True)


def intake(program, bodies, events):
    """What indicators and clients' field mappings cost each event: the same bodies into servers without the ones, with the others."""
    for mappings, paths in ((0, 0), (1, 1), (1, 20), (5, 20), (20, 100)):
        with tempfile.TemporaryDirectory(prefix="carrel-intake-") as directory:
            server = Server(program, directory)
            try:
                client = server.client()
                for number in range(mappings):
                    given = {f"box{number}.part{path}.name": "host" for path in range(paths)}
                    made = ask(client, "POST", "/field-mappings", body=json.dumps({"name": f"m{number}", "mappings": given}))
                    ask(client, "POST", f"/field-mappings/{made['id']}/lifecycle", body=json.dumps({"to": "test"}))
                take_in(server, bodies, events, f"no indicator, {mappings} field mappings of {paths} paths")
            finally:
                server.stop()


def hunt(server, bodies, events, indicators):
    client = server.client()
    take_in(server, bodies, events, f"{indicators:,} active indicators")
    # A day's worth of what is found and what is not, of all kinds, those without words to skip by among them.
    values = [f"host{n}.example" for n in range(3)] + [f"evil{n}.example" for n in range(37)]
    values += [f"192.0.2.{n}" for n in range(30)] + [f"198.51.{n}.0/24" for n in range(5)] + [f"2001:db8::{n:x}" for n in range(1, 6)]
    values += [f"{n:064x}" for n in range(10)] + [f"evil{n}.exe" for n in range(10)]
    ask(client, "POST", "/iocs/import", [("tag", "hunted")], "\n".join(values).encode(), "text/plain")
    for name, wanted in (("all kinds", "hunted"), ("a hundred digests", "digests")):
        if wanted == "digests":
            ask(client, "POST", "/iocs/import", [("tag", wanted)], "\n".join(f"{n:040x}" for n in range(100)).encode(), "text/plain")
        beside = Alerts(server)
        beside.start()
        begun = time.perf_counter()
        made = ask(client, "POST", "/hunts", body=json.dumps({"filter": {"tag": wanted}, "from": "2026-01-01T00:00:00Z",
                                                              "to": "2026-03-31T00:00:00Z"}))
        while made["status"] in ("pending", "running"):
            time.sleep(0.05)
            made = ask(client, "GET", "/hunts/" + made["id"])
        took = time.perf_counter() - begun
        print(f"hunt, {name}: {len(made['ioc_ids'])} indicators, {took:.1f} s, {made['events_read']:,} events read, "
              f"{made['match_count']:,} matches, {events / took:,.0f} events a second; {beside.end()}", flush=True)


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("carrel")
    asked.add_argument("--iocs", type=int, default=1_000_000)
    asked.add_argument("--events-directory")
    asked.add_argument("--events", type=int, default=1_000_000)
    chosen = asked.parse_args()
    bodies = Bodies(chosen.events_directory) if chosen.events_directory else None
    if bodies:
        intake(chosen.carrel, bodies, chosen.events // 5)
    with tempfile.TemporaryDirectory(prefix="carrel-iocs-") as directory:
        server = Server(chosen.carrel, directory)
        try:
            if chosen.iocs:
                fill(server, chosen.iocs)
                lists(server)
            if bodies:
                hunt(server, bodies, chosen.events, chosen.iocs)
            print(f"memory at most: {server.memory()} MiB")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
