"""Pages through all events while others come and segments are put together: none is missed or comes twice."""
import contextlib
import os
import pathlib
import random
import sqlite3
import threading
import time
import unittest

from carrel_program import Server, main

EVENTS = 4000      # before the bound, in small requests
WRITERS = 2
LATE_REQUEST = 700  # events of a request beside the pages
PATIENCE = 60  # s, of each way of asking: how often segments are put together is a matter of the disk
PAGES_TIMED = 10
TO = "2026-03-02T00:00:00Z"


def lines(mark, count, day):
    return "".join('{"mark":"%s","n":%d,"timestamp":"2026-03-%02dT00:%02d:%02dZ"}\n' % (mark, n, day, n // 60 % 60, n % 60)
                   for n in range(count))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Ingest(threading.Thread):
    """Stores events at and behind the bound until it is told to stop: enough for segments to be put together."""

    def __init__(self, server, mark):
        super().__init__(daemon=True)
        self.client, self.mark, self.stops, self.requests, self.wrong = server.client(), mark, False, 0, None

    def run(self):
        try:
            while not self.stops:
                count = LATE_REQUEST if self.requests % 8 == 0 else 1
                reply = self.client.post("/api/v1/events", lines(self.mark, count, 2), Content_Type="application/x-ndjson")
                if reply.status != 201:
                    raise AssertionError(reply)
                self.requests += 1
        except Exception as wrong:
            self.wrong = repr(wrong)


class Paging(unittest.TestCase):
    def filled(self, client):
        """Fresh segments of one event to some hundred. What was stored, by mark and number."""
        stored, count = set(), 0
        while len(stored) < EVENTS:
            count += 1
            size = [1, 1, 1, 30, 200][count % 5]
            reply = client.post("/api/v1/events", lines(f"m{count}", size, 1), Content_Type="application/x-ndjson")
            self.assertEqual((reply.status, reply.json()["accepted"]), (201, size))
            stored |= {(f"m{count}", n) for n in range(size)}
        return stored

    def pages(self, client, query, limit):
        cursor = {}
        while cursor is not None:
            reply = client.get("/api/v1/events", query | cursor | {"limit": limit})
            self.assertEqual(reply.status, 200, reply)
            page = reply.json()
            yield page["items"]
            cursor = {"cursor": page["next"]} if page["next"] else None

    def walk(self, client, stored, query, limit):
        items = [item for page in self.pages(client, query, limit) for item in page]
        ids = [item["id"] for item in items]
        self.assertEqual(len(ids), len(set(ids)), "an event came twice")
        self.assertEqual({(item["fields"]["mark"], item["fields"]["n"]) for item in items}, stored)
        places = [(item["timestamp"], item["id"]) for item in items]
        self.assertEqual(places, sorted(places, reverse=query["sort"].startswith("-")))
        return ids

    def test_pages_beside_ingest_and_sealing(self):
        with Server() as server:
            client = server.client()
            stored = self.filled(client)
            writers = [Ingest(server, f"late{i}") for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            try:
                first = self.segments(server)
                replaced = 0
                # Until a walk had segments put together beside it, in each way of asking.
                for limit, sort, filters in [(37, "timestamp", {}), (500, "-timestamp", {}),
                                             (113, "timestamp", {"q": "NOT nowhere mark:*"})]:
                    until = time.monotonic() + PATIENCE
                    while time.monotonic() < until:
                        before = self.segments(server)
                        self.walk(client, stored, {"to": TO, "sort": sort} | filters, limit)
                        if before - self.segments(server):
                            replaced += 1
                            break
                self.assertEqual(replaced, 3, "no segment was put together beside the pages")
                self.assertFalse(first <= self.segments(server))
            finally:
                for writer in writers:
                    writer.stops = True
                for writer in writers:
                    writer.join(60)
            self.assertEqual([writer.wrong for writer in writers], [None] * WRITERS)
            self.assertGreater(min(writer.requests for writer in writers), 2)
            self.walk(client, stored, {"to": TO, "sort": "timestamp"}, 1000)

    def cpu_of_pages(self, numbers):
        """What a server uses for some pages of events that came in this order, in seconds of processor time."""
        with Server() as server:
            client = server.client()
            for first in range(0, len(numbers), 1000):
                text = "".join('{"n":%d,"pad":"%s","timestamp":"2026-03-01T%02d:%02d:%02dZ"}\n'
                               % (n, random.Random(n).randbytes(100).hex(), n // 3600, n // 60 % 60, n % 60)
                               for n in numbers[first:first + 1000])
                reply = client.post("/api/v1/events", text, Content_Type="application/x-ndjson")
                self.assertEqual(reply.json()["accepted"], 1000)
            while len(self.segments(server)) > 2:  # until they are sealed
                client.get("/api/v1/events/count")
            begun = cpu_seconds(server.process.pid)
            for _ in range(PAGES_TIMED):
                items = client.get("/api/v1/events", {"limit": 1000}).json()["items"]
                self.assertEqual([item["fields"]["n"] for item in items], sorted(numbers, reverse=True)[:1000])
            return cpu_seconds(server.process.pid) - begun

    def test_pages_of_times_that_go_back_and_forth_cost_little_more(self):
        # Where a frame is unpacked for each event, it is some seventy times more.
        in_order = list(range(5000))
        shuffled = random.Random(1).sample(in_order, len(in_order))
        self.assertLess(self.cpu_of_pages(shuffled), 10 * self.cpu_of_pages(in_order) + 0.5)

    def segments(self, server):
        """The numbers of all segments: those that are put together get new ones."""
        with contextlib.closing(sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)) as beside:
            return {seq for seq, in beside.execute("SELECT seq FROM event_segments")}


main()
