"""carrel on 35,379 events that nobody here wrote, held against what Python computes from the same files.

Usage: real_input.py PROGRAM FOLDER-OF-EVENTS. Skips where the folder is absent."""
import collections
import datetime
import json
import pathlib
import random
import sys
import threading
import unittest

import real_events
from carrel_program import SKIPPED, Server, main, run

FOLDER = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
if FOLDER is None or not FOLDER.is_dir():
    print(f"skipped: no data set at {FOLDER}")
    sys.exit(SKIPPED)

EVENTS = real_events.load(FOLDER)
PATHS = [str(FOLDER / name) for name in real_events.FILES]
STEP = {"1m": datetime.timedelta(minutes=1), "1h": datetime.timedelta(hours=1), "1d": datetime.timedelta(days=1)}


def rfc3339(at):
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def raw_fields(body):
    """The bytes of `fields` of each item of a list, by item id. `fields` is an item's last member."""
    text = body.decode()
    decoder, at, found = json.JSONDecoder(), text.index("[") + 1, []
    while text[at] != "]":
        item, end = decoder.raw_decode(text, at)
        begin = text.index('"fields":', at) + len('"fields":')
        found.append((item["id"], text[begin:end - 1]))
        at = end + (text[end] == ",")
    return found


class Ingesting(unittest.TestCase):
    def test_by_the_command_line(self):
        with Server() as server:
            ended = run("ingest", *PATHS, "--url", server.url, timeout=300)
            self.assertEqual(ended.returncode, 0, ended)
            # One of the files has a line without text: it counts for nothing.
            self.assertEqual(ended.stdout.splitlines()[-1], f"total: {real_events.ACCEPTED} accepted, 0 rejected")
            self.assertEqual(server.client().get("/api/v1/events/count").json(), {"count": real_events.ACCEPTED})

    def test_into_a_file(self):
        with Server() as server:
            self.assertEqual(server.stop(), 0)
            ended = run("ingest", *PATHS, "--database", server.database, timeout=300)
            self.assertEqual(ended.stdout.splitlines()[-1], f"total: {real_events.ACCEPTED} accepted, 0 rejected")
            self.assertEqual(run("check", "--database", server.database).returncode, 0)
            with Server(directory=server.directory) as again:
                self.assertEqual(again.client().get("/api/v1/events/count").json(), {"count": real_events.ACCEPTED})

    def test_by_plain_posts_packed_and_unpacked(self):
        with Server() as server:
            client = server.client()
            for i, name in enumerate(real_events.FILES):
                packed = (FOLDER / name).read_bytes() if i % 2 else real_events.unpacked(FOLDER, name)
                encoding = {"Content_Encoding": "gzip"} if i % 2 else {}
                reply = client.post("/api/v1/events", packed, Content_Type="application/x-ndjson", Carrel_Timeout_Ms="60000",
                                    **encoding)
                self.assertEqual(reply.status, 201, reply)
                summary = reply.json()
                self.assertEqual((summary["errors"], summary["rejected"]), ([], 0))
            self.assertEqual(client.get("/api/v1/events/count").json(), {"count": real_events.ACCEPTED})


class Stored(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        ended = run("ingest", *PATHS, "--url", cls.server.url, timeout=300)
        assert ended.returncode == 0, ended
        cls.client = cls.server.client()

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def pages(self, query):
        query = dict(query)
        while True:
            reply = self.client.get("/api/v1/events", query)
            self.assertEqual(reply.status, 200, reply)
            page = reply.json()
            yield reply, page
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def assert_count(self, query, predicate):
        expected = sum(1 for event in EVENTS if predicate(event))
        self.assertEqual(self.client.get("/api/v1/events/count", query).json(), {"count": expected}, query)
        page = self.client.get("/api/v1/events", query | {"limit": 1, "count": "true"}).json()
        self.assertEqual((page["total"], len(page["items"])), (expected, min(1, expected)), query)
        return expected

    def test_every_value_of_every_filter(self):
        for field in ("host", "source", "channel", "event_code", "severity"):
            for value in {event.texts[field] for event in EVENTS} - {None}:
                self.assertGreater(self.assert_count({field: value}, lambda event: event.texts[field] == value), 0)
            self.assert_count({field: "no such thing"}, lambda event: False)

    def test_filters_together(self):
        codes = ["4688", "1", "10"]
        self.assert_count({"event_code": codes}, lambda event: event.texts["event_code"] in codes)
        self.assert_count({"event_code": codes, "channel": "Security"},
                          lambda event: event.texts["event_code"] in codes and event.texts["channel"] == "Security")

    def test_ranges_of_time_are_half_open(self):
        moments = sorted(event.at for event in EVENTS)
        for low, high in ((0, len(moments) // 2), (len(moments) // 3, len(moments) // 2), (5, 5), (10, -1)):
            begin, end = moments[low], moments[high]
            self.assert_count({"from": rfc3339(begin), "to": rfc3339(end)}, lambda event: begin <= event.at < end)
            self.assert_count({"to": rfc3339(end)}, lambda event: event.at < end)
            self.assert_count({"from": rfc3339(begin)}, lambda event: begin <= event.at)

    def test_keys_of_fields_numbers_beyond_2_53_included(self):
        large = "36028797018963968"
        self.assertGreater(self.assert_count({"field.Keywords": large}, lambda event: event.keys.get("Keywords") == large), 0)
        self.assert_count({"field.Keywords": "36028797018963969"}, lambda event: False)
        self.assert_count({"field.NoSuchKey": "zzz"}, lambda event: False)
        seen = collections.Counter(key for event in EVENTS for key, value in event.keys.items() if isinstance(value, str))
        pick = random.Random(7)
        for key in pick.sample(sorted(seen), 15):
            value = pick.choice([event.keys[key] for event in EVENTS if isinstance(event.keys.get(key), str)])
            found = self.assert_count({"field." + key: value}, lambda event: event.keys.get(key) == value)
            self.assertGreater(found, 0)

    def test_full_text_finds_all_words(self):
        for text in ("wevtutil", "powershell security", "schtasks create", "svcctl", "System32 svchost EXE", "zzzzqqqq",
                     "36028797018963968", "C:\\windows\\system32"):
            words = set(real_events.re.findall(r"[0-9a-z]+", text.lower()))
            self.assert_count({"q": text}, lambda event: words <= event.words())
        self.assert_count({"q": "powershell", "channel": "Security"},
                          lambda event: event.texts["channel"] == "Security" and "powershell" in event.words())

    def assert_histogram(self, interval, begin, end, query, predicate):
        step = STEP[interval]
        reply = self.client.get("/api/v1/events/histogram",
                                query | {"interval": interval, "from": rfc3339(begin), "to": rfc3339(end)})
        self.assertEqual(reply.status, 200, reply)
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        expected = collections.Counter((event.at - epoch) // step for event in EVENTS
                                       if begin <= event.at < end and predicate(event))
        items = reply.json()["items"]
        starts = [datetime.datetime.fromisoformat(item["start"].replace("Z", "+00:00")) for item in items]
        self.assertEqual([later - earlier for earlier, later in zip(starts, starts[1:])], [step] * (len(items) - 1))
        counted = {(start - epoch) // step: item["count"] for start, item in zip(starts, items)}
        self.assertEqual({bucket: count for bucket, count in counted.items() if count}, dict(expected))
        self.assertEqual(sum(item["count"] for item in items), sum(expected.values()))

    def test_histograms(self):
        utc = datetime.timezone.utc
        day = datetime.datetime(2020, 9, 20, tzinfo=utc)
        everything = lambda event: True
        self.assert_histogram("1d", day, datetime.datetime(2022, 7, 31, tzinfo=utc), {}, everything)
        self.assert_histogram("1h", day, day + datetime.timedelta(days=4), {}, everything)
        self.assert_histogram("1m", day + datetime.timedelta(hours=21), day + datetime.timedelta(hours=23), {}, everything)
        self.assert_histogram("1h", day, day + datetime.timedelta(days=4), {"channel": "Security"},
                              lambda event: event.texts["channel"] == "Security")

    def test_fields_come_back_byte_for_byte_and_pages_keep_the_order(self):
        stored, moments = [], []
        for reply, page in self.pages({"limit": 1000, "sort": "timestamp"}):
            stored += raw_fields(reply.body)
            moments += [item["timestamp"] for item in page["items"]]
        self.assertEqual(collections.Counter(raw for _, raw in stored), collections.Counter(event.raw for event in EVENTS))
        self.assertEqual(len({id for id, _ in stored}), real_events.ACCEPTED)
        self.assertEqual(moments, sorted(rfc3339(event.at) for event in EVENTS))
        one_id, one_raw = stored[4_711]
        self.assertTrue(self.client.get("/api/v1/events/" + one_id).body.endswith(f'"fields":{one_raw}}}'.encode()))

    def test_a_thousand_alerts_refer_to_events(self):
        ids = [item["id"] for item in self.client.get("/api/v1/events", {"limit": 1000}).json()["items"]]
        alerts = []
        for i, event_id in enumerate(ids):
            reply = self.client.post("/api/v1/alerts", {"title": f"about {event_id}", "severity": "high",
                                                       "event_ids": [event_id, ids[i - 1]], "tags": ["real"]})
            self.assertEqual(reply.status, 201, reply)
            alerts.append(reply.json()["id"])
        self.assertEqual(self.client.get("/api/v1/alerts/count", {"tag": "real"}).json(), {"count": 1000})
        kept = self.client.get("/api/v1/alerts/" + alerts[10]).json()
        self.assertEqual(kept["event_ids"], [ids[10], ids[9]])
        unknown = self.client.post("/api/v1/alerts", {"title": "x", "severity": "low", "event_ids": ["no-such-event"]})
        self.assertEqual((unknown.status, unknown.json()["errors"][0]["field"].split("[")[0]), (422, "event_ids"))
        self.walk_the_state_machine(alerts)

    def walk_the_state_machine(self, alerts):
        allowed = {"pending": {"acknowledged", "closed", "dismissed", "false_positive"},
                   "acknowledged": {"investigating", "closed", "dismissed", "false_positive"},
                   "investigating": {"resolved", "escalated", "closed", "dismissed", "false_positive"},
                   "resolved": {"closed"}, "escalated": {"closed"}, "dismissed": {"closed"}, "false_positive": {"closed"},
                   "closed": set()}
        ways = {"pending": [], "acknowledged": ["acknowledged"], "investigating": ["acknowledged", "investigating"]}
        ways |= {state: ways["investigating"] + [state] for state in ("resolved", "escalated")}
        ways |= {state: [state] for state in ("dismissed", "false_positive", "closed")}
        fresh = iter(alerts)
        for state, way in ways.items():
            for target in allowed:
                path = "/api/v1/alerts/" + next(fresh)
                for step in way:
                    self.assertEqual(self.client.post(path + "/status", {"status": step}).status, 200)
                reply = self.client.post(path + "/status", {"status": target, "note": "walked"})
                if target in allowed[state]:
                    self.assertEqual((reply.status, reply.json()["status"]), (200, target), (state, target))
                elif target != state:
                    self.assertEqual((reply.status, reply.json()["type"]), (409, "/problems/illegal_transition"))
                    self.assertEqual(self.client.get(path).json()["status"], state)
                history = self.client.get(path + "/history").json()["items"]
                self.assertEqual([entry["to"] for entry in history][:len(way)], way)


class PagingUnderLoad(unittest.TestCase):
    def test_nothing_that_was_there_is_missed_or_repeated(self):
        with Server() as server:
            self.assertEqual(run("ingest", *PATHS, "--url", server.url, timeout=300).returncode, 0)
            sent, wrong = collections.Counter(), []
            there = self.all_ids(server, {"sort": "timestamp", "limit": 1000})
            self.assertEqual(len(set(there)), real_events.ACCEPTED)
            for sort in ("-timestamp", "timestamp"):
                over = threading.Event()
                clients = [threading.Thread(target=self.ingest, args=(server, i, over, sent, wrong)) for i in range(8)]
                for client in clients:
                    client.start()
                try:
                    seen = collections.Counter(self.all_ids(server, {"sort": sort, "limit": 500}))
                    self.assertEqual([id for id in there if seen[id] != 1], [])
                    self.assertEqual([id for id, times in seen.items() if times > 1], [])
                finally:
                    over.set()
                    for client in clients:
                        client.join()
            self.assertEqual(wrong, [])
            self.assertEqual(len(sent), 8)
            self.assertEqual(server.client().get("/api/v1/events/count").json(),
                             {"count": real_events.ACCEPTED + sum(sent.values())})

    def all_ids(self, server, query):
        client, found, query = server.client(), [], dict(query)
        while True:
            reply = client.get("/api/v1/events", query)
            if reply.status != 200:
                raise AssertionError(reply)
            page = reply.json()
            found += [item["id"] for item in page["items"]]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    def ingest(self, server, number, over, sent, wrong):
        client, pick = server.client(), random.Random(number)
        # Bounded: pages of 500 would never come to an end of what grows faster than they go.
        for _ in range(300):
            if over.is_set():
                return
            # Moments within and around those that are being paged through.
            lines = "".join('{"@timestamp":"%d-%02d-%02dT%02d:00:00Z","Message":"while paging"}\n'
                            % (pick.choice((2019, 2020, 2021, 2022, 2023)), pick.randint(1, 12), pick.randint(1, 28),
                               pick.randint(0, 23)) for _ in range(20))
            reply = client.post("/api/v1/events", lines, Content_Type="application/x-ndjson")
            if reply.status != 201:
                wrong.append(repr(reply))
                return
            sent[number] += reply.json()["accepted"]


main()
