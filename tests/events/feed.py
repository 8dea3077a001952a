"""Followers of the feed beside ingest, sealing and deletion: they get each event once, in one order, and wait for nothing
but what is stored."""
import contextlib
import http.client
import os
import pathlib
import signal
import sqlite3
import threading
import time
import unittest

from carrel_program import Server, main
from restart_clients import PATIENT_DRAIN

WRITERS = 2
REQUESTS = 150  # of each writer, in which followers must see sealing
WAIT = 30_000   # ms: the most that may be asked for, and longer than any test should take
PATIENCE = 60   # s


def lines(mark, first, count, year=2026):
    return "".join('{"mark":"%s","n":%d,"timestamp":"%d-03-01T00:00:00Z"}\n' % (mark, first + n, year) for n in range(count))


def ingest(client, text):
    reply = client.post("/api/v1/events", text, Content_Type="application/x-ndjson")
    if reply.status != 201:
        raise AssertionError(reply)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Follower(threading.Thread):
    """Follows the feed from its beginning until it has got `expected` events."""

    def __init__(self, server, expected, **asked):
        super().__init__(daemon=True)
        self.client, self.expected, self.asked = server.client(), expected, asked
        self.told, self.wrong = [], None
        self.start()

    def run(self):
        cursor = {}
        try:
            while len(self.told) < self.expected:
                reply = self.client.get("/api/v1/events/feed", self.asked | cursor | {"wait_ms": WAIT})
                if reply.status != 200:
                    raise AssertionError(reply)
                page = reply.json()
                self.told += [(item["fields"]["mark"], item["fields"]["n"]) for item in page["items"]]
                cursor = {"after": page["next"]}
        except Exception as wrong:
            self.wrong = repr(wrong)


class Writer(threading.Thread):
    def __init__(self, server, mark, requests):
        super().__init__(daemon=True)
        self.client, self.mark, self.requests, self.made, self.wrong = server.client(), mark, requests, 0, None
        self.start()

    def run(self):
        try:
            for request in range(self.requests):
                count = [1, 1, 1, 40, 700][request % 5]
                ingest(self.client, lines(self.mark, self.made, count))
                self.made += count
        except Exception as wrong:
            self.wrong = repr(wrong)


class Feed(unittest.TestCase):
    def wait(self, cursor, server, answers, **asked):
        """A request of its own connection that waits; its reply goes to `answers`."""
        def ask():
            try:
                answers.append(server.client().get("/api/v1/events/feed", {"after": cursor, "wait_ms": WAIT} | asked))
            except (OSError, http.client.HTTPException) as gone:
                answers.append(gone)
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        return thread

    def end_of(self, client):
        return client.get("/api/v1/events/feed", {"after": "end"}).json()["next"]

    def eventually(self, holds, what):
        until = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), until, what)

    def segments(self, server):
        with contextlib.closing(sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)) as beside:
            return {seq for seq, in beside.execute("SELECT seq FROM event_segments")}

    def test_followers_beside_ingest_and_sealing_miss_nothing_and_repeat_nothing(self):
        with Server() as server:
            total = REQUESTS // 5 * 743 * WRITERS
            followers = [Follower(server, total, limit=1000), Follower(server, total, limit=17), Follower(server, total, limit=300, q="mark:*")]
            writers = [Writer(server, f"w{i}", REQUESTS) for i in range(WRITERS)]
            seen = set()
            while any(writer.is_alive() for writer in writers):
                seen |= self.segments(server)
            for thread in writers + followers:
                thread.join(120)
            self.assertEqual([thread.wrong for thread in writers + followers], [None] * (WRITERS + 3))
            self.eventually(lambda: seen - self.segments(server), "nothing was put together beside the followers")
            for follower in followers:
                self.assertEqual(len(follower.told), total)
                self.assertEqual(follower.told, followers[0].told)
            for writer in writers:
                own = [n for mark, n in followers[0].told if mark == writer.mark]
                self.assertEqual(own, list(range(writer.made)))

    def test_followers_beside_a_deletion_are_told_all_that_stays_once(self):
        with Server() as server:
            client = server.client()
            for n in range(300):  # every second one will go
                ingest(client, lines("old" if n % 2 else "kept", n, 1, 2000 if n % 2 else 2026))
            job = client.request("DELETE", "/api/v1/events?to=2001-01-01T00:00:00Z").json()
            follower = Follower(server, 400, limit=7, q="mark:kept")
            while client.get(f"/api/v1/events/deletions/{job['id']}").json()["state"] != "done":
                pass
            for n in range(250):
                ingest(client, lines("kept", 1000 + n, 1))
            follower.join(60)
            self.assertIsNone(follower.wrong)
            self.assertEqual([n for _, n in follower.told], list(range(0, 300, 2)) + list(range(1000, 1250)))
            told = client.get("/api/v1/events/feed", {"limit": 1000}).json()["items"]
            self.assertEqual([item["fields"]["n"] for item in told], list(range(0, 300, 2)) + list(range(1000, 1250)))

    def test_who_waits_is_told_at_once_and_costs_nothing_meanwhile(self):
        with Server() as server:
            client, answers = server.client(), []
            cursor = self.end_of(client)
            threads = [self.wait(cursor, server, answers) for _ in range(50)]
            threads += [self.wait(cursor, server, answers, q="wanted") for _ in range(50)]
            while len(threads) + 1 > int(self.metric(client, "http_connections")):
                pass
            reads = self.metric(client, "reader_jobs_total")
            begun = cpu_seconds(server.process.pid)
            client.get("/api/v1/events/feed", {"after": cursor, "wait_ms": 1500})
            self.assertLess(cpu_seconds(server.process.pid) - begun, 0.5)
            self.assertLess(self.metric(client, "reader_jobs_total") - reads, 300)  # those that had just come, and what looks for work in the background
            self.assertEqual(answers, [])
            ingest(client, lines("any", 0, 1))
            for thread in threads[:50]:
                thread.join(PATIENCE)
            self.assertEqual([len(reply.json()["items"]) for reply in answers], [1] * 50)
            answers.clear()
            ingest(client, lines("wanted", 1, 1))
            for thread in threads:
                thread.join(PATIENCE)
            self.assertEqual([[item["fields"]["n"] for item in reply.json()["items"]] for reply in answers], [[1]] * 50)

    def metric(self, client, name):
        for line in client.get("/metrics").body.decode().splitlines():
            if line.startswith(f"carrel_{name} "):
                return float(line.split()[1])
        raise AssertionError(name)

    def test_the_time_to_wait_ends_with_a_cursor_to_go_on_with(self):
        with Server() as server:
            client = server.client()
            cursor = self.end_of(client)
            begun = time.monotonic()
            page = client.get("/api/v1/events/feed", {"after": cursor, "wait_ms": 300}).json()
            self.assertGreaterEqual(time.monotonic() - begun, 0.25)
            self.assertEqual(page, {"items": [], "next": cursor})
            ingest(client, lines("m", 0, 2))
            self.assertEqual(len(client.get("/api/v1/events/feed", {"after": page["next"], "wait_ms": WAIT}).json()["items"]), 2)

    def test_events_in_rows_of_an_earlier_version_are_told_once_they_were_moved(self):
        import earlier_file
        import tempfile
        with tempfile.TemporaryDirectory() as directory:
            events = [['{"host":"e","mark":"e","n":%d}' % n for n in range(9000)]]
            earlier_file.make(f"{directory}/carrel.db", events)
            with Server(directory=directory) as server:
                follower = Follower(server, 9000, limit=1000)
                follower.join(60)
                self.assertIsNone(follower.wrong)
                self.assertEqual(sorted(n for _, n in follower.told), list(range(9000)))

    def test_a_server_that_stops_answers_those_who_wait(self):
        with Server(*PATIENT_DRAIN) as server:
            client, answers = server.client(), []
            cursor = self.end_of(client)
            threads = [self.wait(cursor, server, answers) for _ in range(5)]
            while len(threads) + 1 > int(self.metric(client, "http_connections")):
                pass
            client.close()  # an idle connection would be waited for
            begun = time.monotonic()
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertLess(time.monotonic() - begun, WAIT / 1000 / 2)
            for thread in threads:
                thread.join(PATIENCE)
            self.assertEqual([reply.status for reply in answers], [200] * 5)
            self.assertEqual([reply.json()["items"] for reply in answers], [[]] * 5)

    def test_a_client_that_leaves_is_forgotten(self):
        with Server() as server:
            client = server.client()
            cursor = self.end_of(client)
            before = self.metric(client, "http_connections")
            for _ in range(20):
                gone = server.client()
                gone.connection.request("GET", f"/api/v1/events/feed?after={cursor}&wait_ms={WAIT}")
                gone.close()
            begun = time.monotonic()
            while self.metric(client, "http_connections") > before:
                self.assertLess(time.monotonic() - begun, WAIT / 1000 / 2)
            ingest(client, lines("m", 0, 1))
            self.assertEqual(client.get("/health/ready").status, 200)


main()
