"""The audit log at a million entries: what an entry takes, what lists and filters cost, how fast its chain is checked.

    perf/audit.py build/release/carrel [--entries 1000000]

The entries are put in past the server, chained as it does, and checked by it. Each question is asked over one kept connection; the
goal stands beside it."""
import argparse
import contextlib
import pathlib
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import http.client

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/support"))
from audit_chain import hash_after
from programs import Carrel

TIMES = 15
GOAL_MS = 10
BEGIN = 1_700_000_000_000_000
ACTIONS = ["login", "logout", "login_failed", "delete_alert", "change_many_alerts", "list_events", "export_rules"]
DAY = "from=2023-11-20T00:00:00Z&to=2023-11-21T00:00:00Z"
QUESTIONS = ["/audit", "/audit?sort=seq", "/audit?sort=-at&limit=200", "/audit?principal=ann", "/audit?principal=user77",
             "/audit?action=login", "/audit?action=delete_rule", "/audit?outcome=refused", "/audit?outcome=failed",
             "/audit?target=/alerts/a500000", "/audit?address=10.0.0.7", f"/audit?{DAY}", f"/audit?principal=ann&{DAY}",
             f"/audit?outcome=done&{DAY}&sort=at", "/audit?principal=ann&outcome=refused", "/audit/500000", "/audit/head"]
COUNTS = ["/audit/count", "/audit/count?action=login", "/audit/count?principal=ann", f"/audit/count?{DAY}"]


def entries(count, before):
    """Half of them are of one principal, some are of a few, the rest of many."""
    pick = random.Random(7)
    for seq in range(1, count + 1):
        principal = pick.choice(["ann"] * 5 + ["bob", "eve", f"user{pick.randint(1, 500)}", f"user{pick.randint(1, 500)}", None])
        outcome = 0 if pick.random() < 0.95 else 1 if pick.random() < 0.99 else 2
        row = (seq, BEGIN + seq * 2_000_000, principal, pick.choice(ACTIONS), outcome, f"/alerts/a{seq}",
               f"10.0.{pick.randint(0, 3)}.{pick.randint(1, 250)}", f"{seq:032x}", "{}")
        before = hash_after(before, row)
        yield row + (before,)


def fill(path, count):
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA cache_size = -200000")
        pages, = database.execute("PRAGMA page_count").fetchone()
        genesis, = database.execute("SELECT hash FROM audit_genesis").fetchone()
        began = time.perf_counter()
        with database:
            database.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", entries(count, genesis))
        took = time.perf_counter() - began
        after, = database.execute("PRAGMA page_count").fetchone()
        size, = database.execute("PRAGMA page_size").fetchone()
    print(f"| entries | {count}, put in within {took:.0f} s | |")
    print(f"| bytes an entry, indexes included | {(after - pages) * size / count:.0f} | |")


def ask(connection, path):
    began = time.perf_counter()
    connection.request("GET", "/api/v1" + path, headers={"Carrel-Timeout-Ms": "60000"})
    reply = connection.getresponse()
    text = reply.read()
    if reply.status != 200:
        raise SystemExit(f"{path}: {reply.status} {text[:300]!r}")
    return time.perf_counter() - began


def answer(connection, count):
    for path in QUESTIONS + COUNTS:
        took = statistics.median(ask(connection, path) for _ in range(TIMES)) * 1000
        print(f"| `{urllib.parse.unquote(path)}` | {took:.1f} ms | {GOAL_MS if path in QUESTIONS else '-'} ms |")
    began = time.perf_counter()
    connection.request("GET", "/api/v1/audit", headers={"Accept": "application/x-ndjson"})
    lines = connection.getresponse().read().count(b"\n")
    if lines != count + 1:
        raise SystemExit(f"the export has {lines} of {count + 1} entries")
    print(f"| export as NDJSON | {lines / (time.perf_counter() - began):,.0f} entries/s | |")


def deletions(connection, count=2000):
    """A deletion with its entry beside a patch, which has none."""
    def each(method, body):
        began = time.perf_counter()
        for i in range(count):
            connection.request(method, f"/api/v1/alerts/p{i}", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        return (time.perf_counter() - began) / count * 1e6
    for i in range(count):
        connection.request("POST", "/api/v1/alerts", f'{{"id":"p{i}","title":"t","severity":"low"}}', {"Content-Type": "application/json"})
        connection.getresponse().read()
    print(f"| a patch, a deletion with its entry | {each('PATCH', '{}'):.0f} µs, {each('DELETE', None):.0f} µs | |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--entries", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-audit-") as directory:
        def serve():
            return Carrel(given.program, directory, "--durability", "normal")
        print("| what | took | goal |\n|---|---|---|")
        server = serve()
        server.process.terminate()
        server.process.wait()
        fill(server.database, given.entries)
        server = serve()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
            answer(connection, given.entries)
            deletions(connection)
        finally:
            server.process.terminate()
            server.process.wait()
        began = time.perf_counter()
        subprocess.run([given.program, "check", "--database", server.database], check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - began
        print(f"| `carrel check` of the whole file | {took:.1f} s, {given.entries / took:,.0f} entries/s | |")


if __name__ == "__main__":
    main()
