"""Exports: the rows are those of the lists, whatever their order and format, also beside ingest and sealing."""
import csv
import io
import json
import random
import socket
import threading
import unittest

import corpus
from answers import values_of
from carrel_program import Server, main
from differential import Store

EVENTS, SHAPES, SEED = 6000, 40, 11
BESIDE = 12_000  # beside exports: enough for segments to be put together
NDJSON, CSV = "application/x-ndjson", "text/csv"
COLUMNS = ["id", "timestamp", "received_at", "source", "host", "channel", "event_code", "severity"]


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.authority = f"{cls.server.host}:{cls.server.port}"
        cls.client = cls.server.client()
        cls.pick = random.Random(SEED)
        cls.store = Store(cls.pick, SHAPES, EVENTS)
        cls.store.ingest(cls.client)
        wrong = cls.store.take_told(cls.client)
        if wrong:
            raise AssertionError(wrong)
        cls.by_time = cls.store.events
        cls.by_id = sorted(cls.by_time, key=lambda event: event.id)

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def export(self, accept=NDJSON, client=None, **query):
        reply = (client or self.client).get("/api/v1/events", query, Accept=accept)
        self.assertEqual((reply.status, reply.headers["Content-Type"].split(";")[0]), (200, accept), reply)
        self.assertEqual((reply.headers["Transfer-Encoding"], reply.headers["Content-Length"]), ("chunked", None))
        return reply.body

    def rows(self, **query):
        return [json.loads(line) for line in self.export(**query).decode().splitlines()]

    def test_every_event_is_a_line_in_the_order_of_receipt(self):
        lines = self.export().splitlines()
        self.assertEqual([json.loads(line)["id"] for line in lines], [event.id for event in self.by_id])
        for line, event in zip(lines, self.by_id):  # byte for byte
            self.assertTrue(line.endswith(b'"fields":' + event.raw.encode() + b"}"), line)
        one = json.dumps(json.loads(lines[7]))
        self.assertEqual(one, json.dumps(self.client.get("/api/v1/events/" + self.by_id[7].id).json()))

    def test_a_sort_orders_by_time(self):
        for sort, events in [("timestamp", self.by_time), ("-timestamp", self.by_time[::-1])]:
            self.assertEqual([row["id"] for row in self.rows(sort=sort)], [event.id for event in events])

    def test_filters_limits_and_beginnings(self):
        web = [event.id for event in self.by_id if event.columns["host"] == "web1"]
        self.assertEqual([row["id"] for row in self.rows(host="web1")], web)
        self.assertEqual([row["id"] for row in self.rows(q="host:web1 OR nowhere", limit=7)], web[:7])
        for limit in [1, 999, 1000, 1001, EVENTS, EVENTS + 1]:
            for sort in [{}, {"sort": "timestamp"}]:
                self.assertEqual(len(self.rows(limit=limit, **sort)), min(limit, EVENTS))
        for place in [0, 3000, EVENTS - 1]:
            self.assertEqual([row["id"] for row in self.rows(after=self.by_id[place].id)],
                             [event.id for event in self.by_id[place + 1:]])
        self.assertEqual(self.export(q="nowhere"), b"")

    def test_chosen_fields(self):
        names = ["id", "host", "a", "a.b", "clé", corpus.SERIAL]
        for row, event in zip(self.rows(fields=",".join(names)), self.by_id):
            self.assertEqual(list(row), names)
            for name in names:
                texts = values_of(event, name)
                got = row[name] if isinstance(row[name], list) else [] if row[name] is None else [row[name]]
                self.assertEqual(len(got), len(texts))
                for one, text in zip(got, texts):
                    if isinstance(one, str):
                        self.assertEqual(one, text)

    def test_csv_reads_back(self):
        table = list(csv.reader(io.StringIO(self.export(CSV).decode(), newline="")))
        self.assertEqual(table[0], COLUMNS + ["fields"])
        self.assertEqual(len(table), EVENTS + 1)
        for cells, event in zip(table[1:], self.by_id):
            self.assertEqual((cells[0], cells[4], cells[8]), (event.id, event.columns["host"] or "", event.raw))
        table = list(csv.reader(io.StringIO(self.export(CSV, fields="a,host").decode(), newline="")))
        self.assertEqual(table[0], ["a", "host"])
        for cells, event in zip(table[1:], self.by_id):
            texts = values_of(event, "a")
            self.assertEqual(cells[0], "" if not texts else texts[0] if len(texts) == 1 else
                             json.dumps(texts, ensure_ascii=False, separators=(",", ":")))
        self.assertEqual(self.export(CSV, q="nowhere", fields="host"), b"host\r\n")

    def test_the_format_is_the_one_that_is_preferred(self):
        for accept, kind in [("*/*", "application/json"), ("text/html", "application/json"),
                             ("application/json, text/csv;q=0.5", "application/json"),
                             ("text/csv;q=0.9, application/jsonl", NDJSON), ("text/csv;q=0, */*;q=0.1", "application/json"),
                             ("application/x-ndjson;q=0.2, text/csv ; q=0.3", CSV)]:
            reply = self.client.get("/api/v1/events", {"limit": 1}, Accept=accept)
            self.assertEqual((reply.status, reply.headers["Content-Type"].split(";")[0]), (200, kind), accept)
        reply = self.client.get("/api/v1/alerts", Accept=CSV)
        self.assertEqual(reply.headers["Content-Type"], "application/json")

    def test_what_cannot_be_exported_is_refused(self):
        for query, field in [({"fields": "a,,b"}, "fields"), ({"fields": ",".join(["a"] * 101)}, "fields"),
                             ({"sort": "host"}, "sort"), ({"limit": 0}, "limit"), ({"limit": "x"}, "limit"),
                             ({"after": "x"}, "after"), ({"after": self.by_id[0].id, "sort": "timestamp"}, "after"),
                             ({"cursor": "x"}, "cursor"), ({"count": "true"}, "count"), ({"q": "("}, "q")]:
            reply = self.client.get("/api/v1/events", query, Accept=NDJSON)
            self.assertEqual((reply.status, reply.json()["errors"][0]["field"]), (400, field), (query, reply))
        for query in [{"fields": "a"}, {"after": self.by_id[0].id}]:
            self.assertEqual(self.client.get("/api/v1/events", query).status, 400)

    def raw(self, text):
        with socket.create_connection((self.server.host, self.server.port), timeout=60) as peer:
            peer.sendall(text.replace("\n", "\r\n").encode())
            got = b""
            while data := peer.recv(1 << 16):
                got += data
            return got.split(b"\r\n\r\n", 1)

    def test_a_client_of_http_1_0_gets_it_until_the_end_of_the_connection(self):
        head, body = self.raw(f"GET /api/v1/events HTTP/1.0\nAccept: {NDJSON}\nConnection: keep-alive\n\n")
        self.assertIn(b"Connection: close", head)
        self.assertNotIn(b"Transfer-Encoding", head)
        self.assertEqual(len(body.splitlines()), EVENTS)

    def test_head_has_no_body_and_what_follows_is_answered(self):
        head, rest = self.raw(f"HEAD /api/v1/events HTTP/1.1\nHost: {self.authority}\nAccept: {NDJSON}\n\n"
                              f"GET /api/v1/events?limit=2 HTTP/1.1\nHost: {self.authority}\nAccept: {NDJSON}\n\n"
                              f"GET /health/live HTTP/1.1\nHost: {self.authority}\nConnection: close\n\n")
        self.assertIn(b"Content-Type: application/x-ndjson", head)
        self.assertTrue(rest.startswith(b"HTTP/1.1 200 OK"), rest[:100])
        self.assertEqual((rest.count(b"HTTP/1.1 200 OK"), rest.count(b'"fields":')), (2, 2))

    def test_clients_that_leave_in_the_middle_cost_nothing_more(self):
        for _ in range(20):
            with socket.create_connection((self.server.host, self.server.port), timeout=60) as peer:
                peer.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {self.authority}\r\nAccept: {CSV}\r\n\r\n".encode())
                self.assertTrue(peer.recv(100).startswith(b"HTTP/1.1 200 OK"))
        self.assertEqual(self.client.get("/health/ready").status, 200)
        self.assertEqual(len(self.export().splitlines()), EVENTS)

    def test_an_export_beside_ingest_and_sealing_misses_and_repeats_nothing(self):
        with Server() as server:
            client, writer = server.client(), server.client()
            stops, sent = threading.Event(), []

            def ingest():
                pick = random.Random(5)
                while not stops.is_set() and len(sent) < BESIDE:
                    lines = "".join('{"n":%d}\n' % (len(sent) + i) for i in range(pick.choice([1, 3, 40, 900])))
                    reply = writer.post("/api/v1/events", lines, Content_Type=NDJSON)
                    sent.extend([reply.status] * reply.json()["accepted"])

            thread = threading.Thread(target=ingest, daemon=True)
            thread.start()
            try:
                while len(sent) < BESIDE and thread.is_alive():
                    known = len(sent)
                    ids = [json.loads(line) for line in self.export(client=client, fields="id,n").splitlines()]
                    numbers = [row["n"] for row in ids]
                    self.assertEqual(len({row["id"] for row in ids}), len(ids), "an event came twice")
                    self.assertEqual(numbers[:known], list(range(known)), "an event is missing")
            finally:
                stops.set()
                thread.join(60)
            self.assertGreater(len(sent), 4096, "too few for segments to be put together")


if __name__ == "__main__":
    main()
