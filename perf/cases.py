"""Investigations, their timelines, links of alerts and statistics, at size.

    perf/cases.py build/release/carrel [--alerts 1000000] [--investigations 10000] [--links 100000] [--notes 1000]

Over HTTP the server gets the alerts; the investigations; as many alerts in investigations as links, and as many links between
alerts; and the notes, on ten of the investigations, whose trail has a change for every ten notes. Then each question is asked several
times, and the median and the worst are printed. Asked for are 10 ms, a page of a timeline in 20 ms, statistics in 50 ms."""
import argparse
import itertools
import json
import socket
import statistics
import tempfile
import threading
import time

from filling import make_alerts
from iocs import Server, ask

CONNECTIONS, PER_CONNECTION, WINDOW, TIMES, LONG = 8, 8_000, 16, 9, 10
TACTICS, PRIORITIES = ["execution", "persistence", "impact", "discovery"], ["low", "medium", "high", "critical"]


def post_all(server, requests, expected):
    """Posts pairs of path and body, on several connections with several in flight; the seconds that took."""
    requests, failures, began = list(requests), [], time.perf_counter()

    def send(share):
        try:
            for first in range(0, len(share), PER_CONNECTION):
                _send(server.port, share[first:first + PER_CONNECTION], expected)
        except Exception as failure:  # noqa: BLE001: raised below
            failures.append(failure)

    threads = [threading.Thread(target=send, args=(requests[n::CONNECTIONS],)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - began


def _send(port, requests, expected):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        reader = connection.makefile("rb")
        for first in range(0, len(requests), WINDOW):
            window = requests[first:first + WINDOW]
            connection.sendall(b"".join(_request(port, *each) for each in window))
            for _ in window:
                _read(reader, expected)


def _request(port, path, body):
    text = json.dumps(body).encode()
    return (f"POST /api/v1{path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
            f"Carrel-Timeout-Ms: 60000\r\nContent-Length: {len(text)}\r\n\r\n").encode() + text


def _read(reader, expected):
    status = int(reader.readline().split()[1])
    size = 0
    for line in iter(reader.readline, b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    text = reader.read(size)
    if status != expected or b'"failed":0' not in text and b'"failed"' in text:
        raise RuntimeError(f"{status} {text[:300]}")


def told(what, count, took):
    print(f"{count:,} {what}: {count / took:,.0f} a second", flush=True)


def fill(server, chosen):
    began = time.perf_counter()
    alerts = make_alerts(server, chosen.alerts)
    told("alerts", chosen.alerts, time.perf_counter() - began)
    cases = range(chosen.investigations)
    told("investigations", len(cases), post_all(server, (("/investigations", {
        "id": f"i{n}", "title": f"case {n} of campaign {n % 97}", "priority": PRIORITIES[n % 4], "tags": [f"tag{n % 500}"],
        "mitre_tactics": [TACTICS[n % 4]], "mitre_techniques": [f"T{1000 + n % 300}"], "assignee_id": f"analyst{n % 50}"}) for n in cases), 201))
    each = max(1, chosen.links // len(cases))
    told("alerts put into investigations", each * len(cases), post_all(server, (("/alerts/changes", {
        "action": "link", "investigation_id": f"i{n}", "ids": alerts[n * each:(n + 1) * each]}) for n in cases), 200))
    told("links between alerts", chosen.links, post_all(server, (
        (f"/alerts/{alerts[n]}/related", {"linked_alert_id": alerts[n + 1 if n % 100 else (n + 7) % len(alerts)], "link_type": "caused_by"})
        for n in range(chosen.links)), 201))
    told("notes", chosen.notes * LONG, post_all(server, (
        (f"/investigations/i{n}/notes", {"content": f"note {number} " + "of some length " * 10})
        for number in range(chosen.notes) for n in range(LONG)), 201))
    move(server, chosen)
    return alerts


def move(server, chosen):
    """A long trail for those with many notes; a third of the others are closed."""
    client = server.client()
    for n in range(LONG):
        for status in itertools.islice(itertools.cycle(["in_progress", "awaiting_review"]), chosen.notes // 10):
            ask(client, "POST", f"/investigations/i{n}/status", body=json.dumps({"status": status}))
    closing = range(LONG, chosen.investigations, 3)
    for status in ("in_progress", "resolved"):
        post_all(server, ((f"/investigations/i{n}/status", {"status": status}) for n in closing), 200)
    closure = {"verdict": "inconclusive", "resolution_category": "noise", "summary": "nothing came of it"}
    told("closed", len(closing), post_all(server, ((f"/investigations/i{n}/close", closure) for n in closing), 200))


def questions(server, alerts, notes):
    client = server.client()
    middle = ask(client, "GET", "/investigations/i0/timeline", [("limit", str(min(500, notes // 2)))])["next"]
    many = json.dumps({"action": "assign", "assigned_to": "somebody", "ids": alerts[-1000:]})
    case, one = "/investigations", "/investigations/i0"
    return [
        ("one investigation", "GET", one, []),
        *((f"newest by {sort}", "GET", case, [("sort", sort)]) for sort in
          ("-created_at", "updated_at", "-priority", "status", "title", "-closed_at")),
        ("a status", "GET", case, [("status", "open")]), ("a status, a priority", "GET", case, [("status", "closed"), ("priority", "high")]),
        ("an assignee", "GET", case, [("assignee_id", "analyst7")]), ("a tag", "GET", case, [("tag", "tag7")]),
        ("a tactic", "GET", case, [("mitre_tactic", "impact")]), ("a technique", "GET", case, [("mitre_technique", "T1007")]),
        ("a tactic by priority", "GET", case, [("mitre_tactic", "impact"), ("sort", "-priority")]),
        ("a verdict", "GET", case, [("verdict", "inconclusive")]), ("words", "GET", case, [("q", "campaign AND 42")]),
        ("of an alert", "GET", case, [("alert_id", alerts[5])]), ("count of a status", "GET", case + "/count", [("status", "open")]),
        ("notes, first page", "GET", one + "/notes", [("limit", "100")]), ("its alerts", "GET", one + "/alerts", []),
        ("its trail", "GET", one + "/status", [("limit", "100")]), ("its alerts, counted", "GET", one + "/stats", []),
        ("alert's investigation", "GET", f"/alerts/{alerts[5]}/investigation", []),
        ("alert's links", "GET", f"/alerts/{alerts[8]}/related", []),
        ("timeline, newest 100", "GET", one + "/timeline", []), ("timeline, oldest 100", "GET", one + "/timeline", [("sort", "at")]),
        ("timeline, 100 from the middle", "GET", one + "/timeline", [("cursor", middle)]),
        ("timeline, 1,000", "GET", one + "/timeline", [("limit", "1000")]),
        ("statistics of investigations", "GET", case + "/stats", []), ("statistics of alerts", "GET", "/alerts/stats", []),
        ("alerts by month", "GET", "/alerts/stats/monthly", []),
        ("a thousand alerts changed", "POST", "/alerts/changes", many),
    ]


def measure(server, alerts, notes):
    client = server.client()
    print("| question | median, ms | worst, ms |\n|---|---|---|")
    for name, method, path, given in questions(server, alerts, notes):
        took = []
        for _ in range(TIMES):
            begun = time.perf_counter()
            ask(client, method, path, *((given, None) if method == "GET" else ((), given)))
            took.append((time.perf_counter() - begun) * 1000)
        print(f"| {name} | {statistics.median(took):.2f} | {max(took):.2f} |", flush=True)


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("carrel")
    asked.add_argument("--alerts", type=int, default=1_000_000)
    asked.add_argument("--investigations", type=int, default=10_000)
    asked.add_argument("--links", type=int, default=100_000)
    asked.add_argument("--notes", type=int, default=1000)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-cases-") as directory:
        server = Server(chosen.carrel, directory)
        try:
            measure(server, fill(server, chosen), chosen.notes)
            print(f"memory at most: {server.memory()} MiB")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
