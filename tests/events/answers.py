"""Queries over many events, held against plain evaluations in Python: values, numbers, intervals, neighbours."""
import bisect
import collections
import datetime
import decimal
import random
import unittest
import zoneinfo

import corpus
import queries
from carrel_program import Server, main
from differential import Store

EVENTS, SHAPES, SEED = 3000, 60, 7
FIELDS = ["host", "source", "channel", "event_code", "severity", "id", "timestamp", corpus.SERIAL, "a", "b", "c", "a.b",
          "a.c", "b.c", "A", "clé", "x y", "k\"q", "it's:*", "a.b.c", "nowhere"]
ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "+05:30", "-03:00"]


def values_at(node, path, wanted):
    """The texts of all values at a path, null left out."""
    if node.kind == "array":
        for part in node.parts:
            yield from values_at(part, path, wanted)
    elif node.kind == "object":
        for key, part in node.parts:
            yield from values_at(part, key if path is None else f"{path}.{key}", wanted)
    elif path == wanted and node.raw != "null":
        yield node.text


def values_of(event, field):
    if field in event.columns:
        return [] if event.columns[field] is None else [event.columns[field]]
    if field == "id":
        return [event.id]
    if field == "timestamp":
        return [corpus.rfc3339(event.at)]
    return [text for key, node in event.members for text in values_at(node, key, field)]


def zone_of(name):
    if name[0] in "+-":
        shift = datetime.timedelta(hours=int(name[1:3]), minutes=int(name[4:]))
        return datetime.timezone(shift if name[0] == "+" else -shift)
    return zoneinfo.ZoneInfo(name)


def midnight_before(at, zone, back):
    """The local midnight at or before a time, of the day that `back(date)` names."""
    local = datetime.datetime.fromtimestamp(at // 1_000_000, zone)
    return datetime.datetime.combine(back(local.date()), datetime.time(), zone)


BACK = {"1d": lambda day: day, "1w": lambda day: day - datetime.timedelta(days=day.weekday()),
        "1M": lambda day: day.replace(day=1), "1y": lambda day: day.replace(day=1, month=1)}


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.client = cls.server.client()
        cls.pick = random.Random(SEED)
        cls.store = Store(cls.pick, SHAPES, EVENTS)
        cls.store.ingest(cls.client)
        wrong = cls.store.take_told(cls.client)
        if wrong:
            raise AssertionError(wrong)
        cls.events = cls.store.events

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def get(self, path, query):
        reply = self.client.get("/api/v1/events/" + path, query)
        self.assertEqual(reply.status, 200, reply)
        return reply.json()

    def narrowed(self):
        """Filters, and the events that pass them."""
        query, test = {}, lambda event: True
        if self.pick.random() < 0.5:
            host = self.pick.choice(corpus.COLUMNS["host"])
            query["host"], test = host, lambda event, before=test: before(event) and event.columns["host"] == host
        if self.pick.random() < 0.5:
            at = self.pick.choice(self.events).at
            query["from"], test = corpus.rfc3339(at), lambda event, before=test: before(event) and event.at >= at
        if self.pick.random() < 0.3:
            query["q"], test = "NOT host:web1", lambda event, before=test: before(event) and not (
                event.columns["host"] and queries.Words(["web1"]).passes(event.columns["host"]))
        return query, [event for event in self.events if test(event)]

    def test_values_are_counted_once_an_event(self):
        for field in FIELDS:
            for _ in range(3):
                query, events = self.narrowed()
                counts = collections.Counter(text for event in events for text in set(values_of(event, field)))
                having = sum(1 for event in events if values_of(event, field))
                top = self.get("top", query | {"field": field, "limit": 7})
                wanted = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].encode()))[:7]
                self.assertEqual([(item["value"], item["count"]) for item in top["items"]], wanted, (field, query))
                self.assertEqual((top["events"], top["distinct"], top["error"]), (having, len(counts), 0))
                found, after = [], {}
                while after is not None:
                    page = self.get("values", query | {"field": field, "limit": 400} | after)
                    found += [(item["value"], item["count"]) for item in page["items"]]
                    after = None if page["next"] is None else {"after": page["next"]}
                self.assertEqual(found, sorted(counts.items(), key=lambda pair: pair[0].encode()), (field, query))

    def test_numbers_are_summed_up_exactly(self):
        for field in FIELDS:
            query, events = self.narrowed()
            texts = [text for event in events for text in values_of(event, field)]
            numbers = sorted(number for number in map(queries.number_of, texts)
                             if number is not None and abs(number) < decimal.Decimal("1e308"))
            got = self.client.get("/api/v1/events/stats", query | {"field": field})
            stats = got.json()
            self.assertEqual((stats["count"], stats["not_numbers"], stats["sampled"]),
                             (len(numbers), len(texts) - len(numbers), False), (field, query))
            if not numbers:
                self.assertNotIn("min", stats)
                continue
            for name, wanted in [("min", numbers[0]), ("max", numbers[-1])]:
                self.assert_same_number(stats[name], wanted)
            for name, percent in [("p50", 50), ("p90", 90), ("p99", 99)]:
                rank = -(-percent * len(numbers) // 100)
                self.assert_same_number(stats["percentiles"][name], numbers[max(rank, 1) - 1])
            self.assertAlmostEqual(float(sum(numbers)) / len(numbers), stats["avg"], delta=1e-6 * abs(stats["avg"]) + 1e-6)

    def assert_same_number(self, got, wanted):
        if wanted == wanted.to_integral_value() and abs(wanted) < 1 << 63:
            self.assertEqual(got, int(wanted))
        else:
            self.assertAlmostEqual(float(got), float(wanted), delta=1e-9 * abs(float(wanted)))

    def test_days_weeks_and_months_begin_at_local_midnight(self):
        for name in ZONES:
            zone = zone_of(name)
            for interval, back in BACK.items():
                query, events = self.narrowed()
                items = self.get("histogram", query | {"interval": interval, "tz": name})["items"]
                counts = collections.Counter(midnight_before(event.at, zone, back) for event in events)
                self.assertEqual({datetime.datetime.fromisoformat(item["start"].replace("Z", "+00:00")): item["count"]
                                  for item in items if item["count"]}, counts, (name, interval, query))
                starts = [item["start"] for item in items]
                self.assertEqual(len(starts), len(set(starts)))

    def test_clocks_that_are_set_make_long_and_short_days(self):
        def starts(interval, zone, first, to):
            items = self.get("histogram", {"interval": interval, "tz": zone, "from": first, "to": to})["items"]
            return [item["start"][11:19] + item["start"][26:] for item in items]
        # In Berlin 02:00 is 03:00 on 2026-03-29, and 03:00 is 02:00 again on 2026-10-25.
        self.assertEqual(starts("6h", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
                         ["00:00:00+01:00", "06:00:00+02:00", "12:00:00+02:00", "18:00:00+02:00"])
        self.assertEqual(starts("1h", "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"),
                         ["01:00:00+02:00", "02:00:00+02:00", "02:00:00+01:00", "03:00:00+01:00"])
        self.assertEqual(starts("1d", "Europe/Berlin", "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z"),
                         ["00:00:00+02:00", "00:00:00+02:00", "00:00:00+01:00"])
        self.assertEqual(starts("1M", "America/New_York", "2026-01-31T05:00:00Z", "2026-04-01T04:00:00Z"),
                         ["00:00:00-05:00", "00:00:00-05:00", "00:00:00-05:00"])

    def test_a_bucket_split_by_a_field_has_the_most_frequent_values_apart(self):
        for field in ["host", "a", corpus.SERIAL]:
            query, events = self.narrowed()
            items = self.get("histogram", query | {"interval": "3d", "split": field, "limit": 2})["items"]
            first = [(event, values_of(event, field)[:1]) for event in events]
            self.assertEqual(sum(item["count"] for item in items), len(events))
            for item in items:
                self.assertEqual(sum(item["values"].values()) + item["others"], item["count"])
            totals = collections.Counter(texts[0] for _, texts in first if texts)
            shown = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0].encode()))[:2]
            got = collections.Counter()
            for item in items:
                got.update(item["values"])
            self.assertEqual(sorted(got.items()), sorted(shown))

    def test_what_was_around_an_event_on_its_host(self):
        for event in self.pick.sample(self.events, 20):
            got = self.get(f"{event.id}/around", {"n": 5})
            same = [other for other in self.events
                    if event.columns["host"] is None or other.columns["host"] == event.columns["host"]]
            at = bisect.bisect_left([(other.at, other.id) for other in same], (event.at, event.id))
            self.assertEqual(got["event"]["id"], event.id)
            self.assertEqual([item["id"] for item in got["before"]],
                             [other.id for other in reversed(same[max(at - 5, 0):at])])
            self.assertEqual([item["id"] for item in got["after"]], [other.id for other in same[at + 1:at + 6]])

    def test_events_by_their_ids(self):
        chosen = self.pick.sample(self.events, 300)
        gone = ["00000000-0000-7000-8000-000000000000", "no-such-event"]
        reply = self.client.post("/api/v1/events/get", {"ids": [event.id for event in chosen] + gone + [chosen[0].id]})
        got = reply.json()
        self.assertEqual([item["id"] for item in got["items"]], sorted(event.id for event in chosen))
        self.assertEqual((got["missing"], got["left_out"]), (gone, []))
        for body in [{}, {"ids": "x"}, {"ids": [1]}, {"ids": ["a"] * 1001}, {"ids": [], "more": 1}, []]:
            self.assertEqual(self.client.post("/api/v1/events/get", body).status, 422, body)

    def test_times_relative_to_now(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        for text, length in [("-5d", 5), ("now-10d", 10), ("-1w", 7), ("-36h", 1.5), ("now", 0)]:
            since = (now - datetime.timedelta(days=length)).timestamp() * 1e6
            near = sum(1 for event in self.events if abs(event.at - since) < 60e6)
            wanted = sum(1 for event in self.events if event.at >= since)
            self.assertAlmostEqual(self.get("count", {"from": text})["count"], wanted, delta=near, msg=text)

    def test_what_cannot_be_asked_is_refused(self):
        for path, query, field in [
                ("top", {}, "field"), ("top", {"field": ""}, "field"), ("top", {"field": "x" * 1025}, "field"),
                ("top", {"field": "a", "limit": 1001}, "limit"), ("top", {"field": "a", "after": "b"}, "after"),
                ("values", {"field": ["a", "b"]}, "field"), ("stats", {"field": "a", "limit": 5}, "limit"),
                ("histogram", {}, "interval"), ("histogram", {"interval": "5"}, "interval"),
                ("histogram", {"interval": "0m"}, "interval"), ("histogram", {"interval": "-1m"}, "interval"),
                ("histogram", {"interval": "1x"}, "interval"), ("histogram", {"interval": "1d", "tz": "Mars"}, "tz"),
                ("histogram", {"interval": "1d", "tz": "../../etc/passwd"}, "tz"),
                ("histogram", {"interval": "1d", "tz": "+25:00"}, "tz"),
                ("histogram", {"interval": "1d", "limit": 3}, "limit"),
                ("histogram", {"interval": "1d", "split": "a", "limit": 101}, "limit"),
                ("histogram", {"interval": "1s", "from": "2000-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "interval"),
                ("count", {"from": "-5"}, "from"), ("count", {"from": "-5x"}, "from"), ("count", {"to": "now+5m"}, "to"),
                ("count", {"from": "-9999999d"}, "from"), ("count", {"from": "nowhere"}, "from"),
                (f"{self.events[0].id}/around", {"n": 0}, "n"), (f"{self.events[0].id}/around", {"n": 101}, "n")]:
            reply = self.client.get("/api/v1/events/" + path, query)
            self.assertEqual((reply.status, reply.json()["errors"][0]["field"]), (400, field), (path, query, reply))
        self.assertEqual(self.client.get("/api/v1/events/no-such-event/around").status, 404)


if __name__ == "__main__":
    main()
