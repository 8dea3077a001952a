"""Random queries of events: the server's answers against a plain evaluation in Python of the same events, while segments
are sealed. Usage: differential.py PROGRAM [--queries N] [--events N] [--seed N]"""
import argparse
import collections
import os
import random
import sys
import time

import corpus
import queries
from carrel_program import Server, clean_environment

# A program with a fault built in takes the name of it from the environment.
ENVIRONMENT = clean_environment(**{name: os.environ[name] for name in ["CARREL_TEST_FAILPOINT"] if name in os.environ})
INTERVALS = {"1h": 3_600_000_000, "1d": 86_400_000_000}


class Store:
    """Events with their places in order, as bits: event i of the order is bit i of a set."""

    def __init__(self, pick, shapes, count):
        self.pick = pick
        self.shapes = [corpus.shape(pick) for _ in range(shapes)]
        self.events = [corpus.Event(number, number / count, pick.choice(self.shapes), pick)
                       for number in range(count)]

    def ingest(self, client):
        """Requests of many sizes; the last are small, so that fresh segments stay beside sealed ones."""
        left = list(self.events)
        while left:
            size = self.pick.choice([1, 7, 300, 1500]) if len(left) > 300 else self.pick.randint(1, 40)
            batch, left = left[:size], left[size:]
            reply = client.post("/api/v1/events", "\n".join(event.raw for event in batch),
                                Content_Type="application/x-ndjson")
            if reply.status != 201 or reply.json()["accepted"] != len(batch):
                raise AssertionError(f"ingest: {reply}")

    def take_told(self, client):
        """Takes what the server alone knows, and holds the rest against what was sent. What is wrong."""
        by_serial = {f"zq{event.number}": event for event in self.events}
        told = paged(client, {"sort": "timestamp"}, lambda: 1000)
        if len(told) != len(self.events):
            return f"{len(told)} events of {len(self.events)}"
        for item in told:
            event = by_serial.get(item["fields"][corpus.SERIAL])
            at = corpus.from_rfc3339(item["timestamp"])
            event.id, event.received_at = item["id"], corpus.from_rfc3339(item["received_at"])
            if at != (event.received_at if event.at is None else event.at):
                return f"the time of {item}, sent as {event.raw}"
            event.at = at
            if {name: item[name] for name in event.columns} != event.columns:
                return f"the columns of {item}, sent as {event.raw}"
        self.events.sort(key=lambda event: (event.at, event.id))
        if [event.id for event in self.events] != [item["id"] for item in told]:
            return "the order of all events"
        self.everything = (1 << len(self.events)) - 1
        self.by_shape = collections.defaultdict(int)
        for i, event in enumerate(self.events):
            self.by_shape[id(event.shape)] |= 1 << i
        return None

    def those(self, test):
        return sum(1 << i for i, event in enumerate(self.events) if test(event))

    def passing(self, meaning):
        """The set of events that pass."""
        kind = meaning[0]
        if kind == "not":
            return self.everything & ~self.passing(meaning[1])
        if kind in ("and", "or"):
            sets = [self.passing(part) for part in meaning[1]]
            found = sets[0]
            for each in sets[1:]:
                found = found & each if kind == "and" else found | each
            return found
        if kind == "time":
            _, column, compares, with_what = meaning
            return self.those(lambda event: compares(event.at if column == "timestamp" else event.received_at, with_what))
        return self.of_leaf(meaning[1], meaning[2])

    def of_leaf(self, name, test):
        if name in queries.TEXT_COLUMNS:
            texts = [event.id if name == "id" else event.columns[name] for event in self.events]
            return sum(1 << i for i, text in enumerate(texts) if text is not None and test.passes(text))
        # Most of an event is its shape's; the members of its own are looked at one by one.
        found = 0
        for shape in self.shapes:
            if any(queries.holds(node, key, name, test) for key, node in shape):
                found |= self.by_shape.get(id(shape), 0)
        if name not in (None, corpus.SERIAL, "timestamp"):
            return found
        return found | self.those(lambda event: any(
            name in (None, key) and test.passes(node.text) for key, node in event.own))


def paged(client, query, limit):
    """All items, page by page."""
    items, cursor = [], None
    while True:
        reply = client.get("/api/v1/events", query | {"limit": limit()} | ({"cursor": cursor} if cursor else {}))
        if reply.status != 200:
            raise AssertionError(f"{query}: {reply}")
        page = reply.json()
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


class Trial:
    """One request: filters, and the set of events that pass them."""

    def __init__(self, store, pick):
        self.store, self.pick, self.query = store, pick, {}
        self.expected = store.everything
        make = queries.Maker(pick, store.events)
        if pick.random() < 0.85:
            found = [make.query() for _ in range(pick.choice([1, 1, 1, 1, 2]))]
            self.add("q", [text for text, _ in found], store.passing(("or", [meaning for _, meaning in found])))
        for column in store.events[0].columns:
            if pick.random() < 0.08:
                wanted = [pick.choice(store.events).columns[column] or "none" for _ in range(pick.choice([1, 2]))]
                self.add(column, wanted, store.those(lambda event, of=column, among=wanted: event.columns[of] in among))
        if pick.random() < 0.2:
            self.add_member()
        for name in ["from", "to"]:
            if pick.random() < 0.15:
                self.add_time(name)

    def add(self, name, values, passing):
        self.query[name] = values
        self.expected &= passing

    def add_member(self):
        """A top-level member equals a value: the first of equal keys, an object or array as it was written."""
        key = self.pick.choice(corpus.KEYS + ["level", corpus.SERIAL])
        firsts = [first_member(event, key) for event in self.store.events]
        known = [text for text in firsts if text is not None and len(text) < 500] or ["none"]
        wanted = [self.pick.choice(known) for _ in range(self.pick.choice([1, 1, 2]))]
        self.add(f"field.{key}", wanted, sum(1 << i for i, text in enumerate(firsts) if text in wanted))

    def add_time(self, name):
        at = [self.pick.choice(self.store.events).at + self.pick.choice([0, 0, 1, -1])
              for _ in range(self.pick.choice([1, 1, 2]))]
        passes = (lambda event: event.at >= min(at)) if name == "from" else (lambda event: event.at < max(at))
        self.add(name, [corpus.rfc3339(each) for each in at], self.store.those(passes))

    def run(self, client):
        """What is wrong with the answers."""
        wanted = [event for i, event in enumerate(self.store.events) if self.expected >> i & 1]
        wrong = []
        newest_first = self.pick.random() < 0.5
        least = max(1, len(wanted) // 5)
        items = paged(client, self.query | {"sort": "-timestamp" if newest_first else "timestamp"},
                      lambda: min(1000, self.pick.randint(least, 3 * least + 3)))
        ids = [event.id for event in (reversed(wanted) if newest_first else wanted)]
        if [item["id"] for item in items] != ids:
            wrong.append(f"a list of {len(items)} events, not of {len(ids)}: " + self.differences(items, ids))
        if self.pick.random() < 0.5:
            count = client.get("/api/v1/events/count", self.query).json()
            if count != {"count": len(wanted)}:
                wrong.append(f"the count is {count}, not {len(wanted)}")
        if self.pick.random() < 0.3:
            wrong += self.histogram(client, wanted)
        return [f"{self.query}: {each}" for each in wrong]

    def differences(self, items, ids):
        found = {item["id"] for item in items}
        texts = {event.id: event.raw for event in self.store.events}
        return (f"missing {[texts[each] for each in ids if each not in found][:2]}, "
                f"beyond {[texts[each] for each in found - set(ids)][:2]}, in order: {found == set(ids)}")

    def histogram(self, client, wanted):
        interval, length = self.pick.choice(list(INTERVALS.items()))
        reply = client.get("/api/v1/events/histogram", self.query | {"interval": interval})
        if reply.status != 200:
            return [f"the histogram: {reply}"]
        told = {corpus.from_rfc3339(item["start"]): item["count"] for item in reply.json()["items"] if item["count"]}
        counts = collections.Counter(event.at // length * length for event in wanted)
        return [] if told == counts else [f"the histogram by {interval} is {told}, not {dict(counts)}"]


def first_member(event, key):
    return next((node.text for own, node in event.members if own == key), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--queries", type=int, default=600)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"differential: replay with differential.py PROGRAM --queries {chosen.queries} --events {chosen.events} "
          f"--seed {chosen.seed}", flush=True)
    pick, begun, found = random.Random(chosen.seed), time.monotonic(), 0
    store = Store(pick, 300, chosen.events)
    with Server(env=ENVIRONMENT) as server:
        client = server.client()
        store.ingest(client)
        wrong = [each for each in [store.take_told(client)] if each]
        asked = 0
        while not wrong and asked < chosen.queries:
            trial = Trial(store, pick)
            wrong = trial.run(client)
            found += trial.expected != 0
            asked += 1
    for each in wrong:
        print(f"violation: {each}", flush=True)
    print(f"differential: {asked} queries of {chosen.events} events, {found} found some, "
          f"{time.monotonic() - begun:.0f} s: {len(wrong)} violations")
    sys.exit(1 if wrong or found < chosen.queries // 4 else 0)


if __name__ == "__main__":
    main()
