#!/usr/bin/env python3
"""Holds every peer that can run here against carrel: the same bytes for what both have, and rows that carrel reads.

Usage: check_peers.py PROGRAM_CARREL [--durability full|normal] [--directory DIR]      Exit status 1: a peer differs."""
import argparse
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

import programs

ROOT = programs.SOURCES.parent.parent
EVENTS = ROOT.parent / "shared/data/events"
COUNT = "/api/v1/events/count?field.NoSuchKey=zzz"
ALERTS = [
    {"title": "Suspicious use of wevtutil", "description": "The log path of Security was changed.", "severity": "high",
     "tags": ["attack.t1070.001"], "risk_score": 73},
    {"title": "Only what must be", "severity": "informational"},
    {"id": "own-id", "title": 'Quotes " \\ \b\f\n\r\t\u0001\u007f\u2028 <b>&', "severity": "critical", "disposition": "benign",
     "assigned_to": "Łukasz Żółć 日本 😀", "tags": [], "risk_score": 0},
]
LINES = [
    b'{"@timestamp":"2026-11-23T10:00:00.1234567+02:00","host":{"name":"WS5"},"Channel":"S\\u00e9curit\\u00e9","EventID":4688,'
    b'"Level":"WARNING","Keywords":-9223372036854775807,'
    b'"note":"cr\xc3\xa8me br\xc3\xbbl\xc3\xa9e"}',
    b'  {"ts":1764000000,"message":"blank before"} \r',
    b'{"ts":"nonsense","time":1764000000123.5,"Hostname":"ws6","source":"a","severity":"High","deep":[[{"x":["y",true,null,1.5]}]]}',
    b"not json", b"[1]", b"", b'{"bad":"\xff"}',
]


class Carrel:
    """`carrel serve` on a database file that stays."""

    def __init__(self, program, database):
        self.process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--database", database],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        if self.process.wait(60) != 0:
            raise RuntimeError("carrel did not end well")


def ask(server, path, body=None, kind="application/json"):
    """Status and body."""
    request = urllib.request.Request(server.url + path, body, {"Content-Type": kind} if body is not None else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}:\n  found  {found}\n  wanted {wanted}")


def post_alerts(server, alerts):
    """Posts alerts; each id with the alert as it was answered."""
    replies = {}
    for alert in alerts:
        status, body = ask(server, "/api/v1/alerts", json.dumps(alert).encode())
        expect(f"POST of {alert}", status, 201)
        replies[json.loads(body)["id"]] = body
    return replies


def post_events(server, lines):
    status, body = ask(server, "/api/v1/events", b"\n".join(lines), "application/x-ndjson")
    expect("POST of events", status, 201)
    return json.loads(body)


def items_of(listing):
    """The bytes of a list without its cursor, and whether there is a next page."""
    items, _, following = listing.rpartition(b',"next":')
    return items, following != b"null}"


def real_lines(count):
    """`count` events out of all files, spread over each; nothing if there are no files."""
    files = sorted(EVENTS.glob("*.ndjson.gz"))
    lines = []
    for path in files:
        with gzip.open(path) as file:
            all_lines = file.read().splitlines()
        share = count // len(files)
        lines += all_lines[::len(all_lines) // share][:share]
    return lines


def fill(program, database):
    """What carrel says of the database that it makes: path -> body."""
    events = real_lines(500)
    if not events:
        print("skipped: there are no shared/data/events files, so only made-up events are posted", file=sys.stderr)
    with Carrel(program, database) as carrel:
        replies = post_alerts(carrel, ALERTS + [ALERTS[1]] * 60)
        paths = ["/api/v1/alerts/" + each for each in replies] + ["/health/live"]
        wanted = {path: ask(carrel, path) for path in paths}
        for limit in ("50", "1000"):
            path = "/api/v1/alerts?limit=" + limit
            wanted[path] = ask(carrel, path)
    return events, wanted


def stored(carrel, reply):
    """The events of one request as carrel lists them, but for ids and the time of receipt."""
    items, cursor = [], ""
    while True:
        page = json.loads(ask(carrel, "/api/v1/events?limit=1000" + cursor)[1], parse_int=str, parse_float=str)
        items += page["items"]
        if page["next"] is None:
            break
        cursor = "&cursor=" + page["next"]
    own = sorted((each for each in items if reply["first_id"] <= each["id"] <= reply["last_id"]), key=lambda each: each["id"])
    expect("events of the request", len(own), reply["accepted"])
    return [{name: value for name, value in each.items() if name not in ("id", "received_at")} for each in own]


def counted(server, events):
    """What both sides count of the events that were posted to them."""
    paths = [COUNT, "/api/v1/events/count"] + (["/api/v1/events/count?field.EventID=4688"] if events else [])
    return {path: ask(server, path) for path in paths}


def searched(carrel):
    """How many events hold some words."""
    searches = ["security", "creme+brulee", "9223372036854775807", "blank+before", "y+true", "securite", "1+5", "hostname"]
    return {words: ask(carrel, "/api/v1/events/count?q=" + words)[1] for words in searches}


def check_reads(peer, wanted):
    for path, (status, body) in wanted.items():
        found = ask(peer, path)
        if "?limit=" in path:
            expect(path, (found[0], items_of(found[1])), (status, items_of(body)))
        else:
            expect(path, found, (status, body))
    expect("GET of nothing", ask(peer, "/api/v1/alerts/no-such")[0], 404)
    ids, cursor = [], ""
    for _ in range(100):
        page = json.loads(ask(peer, f"/api/v1/alerts?limit=20{cursor}")[1])
        ids += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = "&cursor=" + page["next"]
    everything = json.loads(wanted["/api/v1/alerts?limit=1000"][1])["items"]
    expect("the pages", ids, [each["id"] for each in everything])


def check_refusals(peer):
    for body, status in ((b"{", 422), (b'{"title":"x"}', 422), (b'{"title":"x","severity":"worst"}', 422),
                         (b'{"title":"x","severity":"low","id":"own-id"}', 409),
                         (b'{"title":"x","severity":"low","event_ids":["none"]}', 422),
                         (b'{"title":"x","severity":"low","zzz":1}', 422)):
        expect(f"POST of {body}", ask(peer, "/api/v1/alerts", body)[0], status)
    expect("POST of no event", ask(peer, "/api/v1/events", b"x\ny", "application/x-ndjson")[0], 422)


def check(program, launcher, durability, database, events, wanted, reference):
    """Checks one peer on a copy of the filled database; how many alerts and events it wrote. `reference`: what carrel has
    after the same events were posted to its own copy."""
    with programs.Peer(launcher, database, durability) as peer:
        print(f"  {peer.settings}")
        check_reads(peer, wanted)
        check_refusals(peer)
        new = [dict(each, id=f"new-{number}") for number, each in enumerate(ALERTS)]
        # More than a thousand, so that some are indexed.
        replies = post_alerts(peer, new + [{**ALERTS[0], "title": f"Numbered zebra{n}"} for n in range(1_100)])
        duplicate = {**ALERTS[1], "id": "duplicate", "fingerprint": "f"}
        post_alerts(peer, [duplicate])
        status, body = ask(peer, "/api/v1/alerts", json.dumps({**duplicate, "id": "other"}).encode())
        joined = json.loads(body)
        expect("a second alert with a fingerprint",
               (status, joined["id"], joined["duplicate_count"], joined["version"]), (200, "duplicate", 1, 2))
        replies["duplicate"] = body
        summary = post_events(peer, events + LINES)
        expect("accepted", summary["accepted"], len(events) + 3)
        expect("rejected", [each["line"] - len(events) for each in summary["errors"]], [4, 5, 6, 7])
        expect("counts", counted(peer, events), reference[2])
        for identity, body in replies.items():
            expect("an alert read back from the peer", ask(peer, "/api/v1/alerts/" + identity), (200, body))
    subprocess.run([program, "check", "--database", database], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with Carrel(program, database) as carrel:
        for identity, body in replies.items():
            expect("an alert read back from carrel", ask(carrel, "/api/v1/alerts/" + identity), (200, body))
        for number in (0, 500, 1_099):
            expect("a search", ask(carrel, f"/api/v1/alerts/count?q=zebra{number}"), (200, b'{"count":1}'))
        expect("searches", searched(carrel), reference[1])
        expect("events stored", stored(carrel, summary), reference[0])
    return len(replies), summary["accepted"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("carrel")
    parser.add_argument("--durability", choices=("full", "normal"), default="full", help="of the peers")
    parser.add_argument("--directory", type=pathlib.Path, default=ROOT / "build/perf/peers")
    chosen = parser.parse_args()
    available, skipped = programs.prepare(chosen.directory)
    work = chosen.directory / "check"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    events, wanted = fill(chosen.carrel, work / "carrel.db")

    shutil.copy(work / "carrel.db", work / "reference.db")
    with Carrel(chosen.carrel, work / "reference.db") as carrel:
        reply = post_events(carrel, events + LINES)
        reference = stored(carrel, reply), searched(carrel), counted(carrel, events)

    failed = 0
    for name, launcher in available.items():
        database = work / (name.replace(" ", "-") + ".db")
        shutil.copy(work / "carrel.db", database)
        try:
            alerts, taken = check(chosen.carrel, launcher, chosen.durability, database, events, wanted, reference)
            print(f"{name}: as carrel; {alerts} alerts and {taken} events of its read back")
        except (AssertionError, RuntimeError, subprocess.SubprocessError) as difference:
            failed += 1
            print(f"{name}: {difference}")
    for name, why in skipped.items():
        print(f"{name}: skipped, {why}")
    shutil.rmtree(work)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
