"""The server is killed at random moments while clients write; what it acknowledged must be there when it comes back, and
nothing may be half there, while events are put together in the background: what small requests brought, and the rows of a
file of an earlier version; and while events are deleted, of which some must stay. Usage: kill_ledger.py PROGRAM [--cycles N] [--seed N] [--clients N]"""
import argparse
import collections
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import earlier_file
from carrel_program import Server, clean_environment
from killed_client import KilledClient

CYCLES_A_FILE = 25
CYCLES_THAT_SEE_ALL = 100
KILLS_WHILE_MOVING = 5
TINY_REQUESTS = 100   # at once: 64 fresh segments are put together
EARLIER_EVENTS = [4096, 9000, 1, 20_000]  # of each batch of a file of an earlier version: some steps of its move
DELETION_PATIENCE = 60  # s
COMMIT = "Carrel-Commit"
# A program with a fault built in takes the name of it from the environment.
ENVIRONMENT = clean_environment(**{name: os.environ[name] for name in ["CARREL_TEST_FAILPOINT"] if name in os.environ})


class Ledger:
    """What clients were answered, and what they requested and got no answer to."""

    def __init__(self):
        self.alerts = {}   # id -> set of states it may be in: (version, status) or None for absent
        self.batches = {}  # mark -> set of counts of events it may have
        self.events = {}   # id -> `fields` as it was sent
        self.keys = {}     # idempotency key -> (body, id that was told, or None)
        self.slots = 0     # of time, each of one deletion
        self.commit = 0
        self.told = collections.Counter()
        self.left = collections.Counter()  # what kills interrupted
        self.lock = threading.Lock()

    def note_commit(self, reply):
        with self.lock:
            self.commit = max(self.commit, int(reply.headers[COMMIT]))


    def slot(self):
        """Ten seconds in which nobody else's events are."""
        with self.lock:
            self.slots += 10
            return 1_000_000_000 + self.slots


def fields_of(mark, number):
    return '{"host":"%s", "n":%d,"text":"words of event %d","mark":"%s"}' % (mark, number, number, mark)


def timed_fields_of(mark, number, at):
    return fields_of(mark, number)[:-1] + ',"ts":%d}' % at


def written_time(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Writer(KilledClient):
    """One client. It writes until the server is gone; each request is in the ledger before it is sent."""

    def __init__(self, server, ledger, name, seed, acknowledged):
        super().__init__(server, ledger, name, seed)
        self.acknowledged, self.own = acknowledged, []

    def steps(self):
        return [self.create, self.create, self.ingest, self.trickle, self.create_once, self.change, self.change, self.remove, self.discard]

    def expect(self, reply, status, kind, changes=1):
        if reply.status != status:
            raise AssertionError(f"{kind}: {reply}")
        self.acknowledged(changes)  # first, since it may be what kills the server
        self.ledger.note_commit(reply)
        self.ledger.told[kind] += 1

    def create(self):
        alert = self.fresh()
        self.ledger.alerts[alert] = {None, (1, "pending")}
        self.expect(self.client.post("/api/v1/alerts", {"id": alert, "title": "killed", "severity": "low"}), 201, "create")
        self.ledger.alerts[alert] = {(1, "pending")}
        self.own.append(alert)

    def ingest(self):
        # A large one takes long to commit: a kill meets it half way.
        mark, count = self.fresh(), self.random.choice([self.random.randint(1, 40)] * 8 + [2000, 9000])
        self.ledger.batches[mark] = {0, count}
        self.post(mark, range(count))
        self.ledger.batches[mark] = {count}

    def post(self, mark, numbers):
        lines = "\n".join(fields_of(mark, n) for n in numbers)
        reply = self.client.post("/api/v1/events", lines, Content_Type="application/x-ndjson")
        self.expect(reply, 201, "ingest", len(numbers))
        told = reply.json()
        if told["accepted"] != len(numbers):
            raise AssertionError(reply)
        self.ledger.events[told["first_id"]] = fields_of(mark, numbers[0])
        self.ledger.events[told["last_id"]] = fields_of(mark, numbers[-1])

    def trickle(self):
        mark = self.fresh()
        for n in range(self.random.choice([1, TINY_REQUESTS])):
            self.ledger.batches[mark] = {n, n + 1}
            self.post(mark, range(n, n + 1))
            self.ledger.batches[mark] = {n + 1}

    def discard(self):
        """Deletes every second event of a batch but the first, which an alert cites."""
        mark, count, slot = self.fresh(), 2 * self.random.choice([1, 20, 700]), self.ledger.slot()
        texts = [timed_fields_of(mark, n, slot + n % 2 * 5) for n in range(count)]
        kept = count // 2 + 1
        self.ledger.batches[mark] = {0, count}
        reply = self.client.post("/api/v1/events", "\n".join(texts), Content_Type="application/x-ndjson")
        self.expect(reply, 201, "ingest", count)
        told = reply.json()
        self.ledger.batches[mark] = {count}
        alert = self.fresh()
        self.ledger.alerts[alert] = {None, (1, "pending")}
        body = {"id": alert, "title": "killed", "severity": "low", "event_ids": [told["first_id"]]}
        self.expect(self.client.post("/api/v1/alerts", body), 201, "create")
        self.ledger.alerts[alert] = {(1, "pending")}
        self.ledger.events |= {told["first_id"]: texts[0], told["last_id"]: texts[-1]}
        self.ledger.batches[mark] = {kept, count}
        path = f"/api/v1/events?from={written_time(slot)}&to={written_time(slot + 1)}"
        self.expect(self.client.request("DELETE", path), 202, "delete events")
        self.ledger.batches[mark] = {kept}

    def create_once(self):
        key = self.fresh()
        body = {"title": key, "severity": "low", "tags": [key]}
        self.ledger.keys[key] = (body, None)
        reply = self.client.post("/api/v1/alerts", body, Idempotency_Key=key)
        self.expect(reply, 201, "create with a key")
        self.ledger.keys[key] = (body, reply.json()["id"])

    def change(self):
        if not self.own:
            return
        alert = self.random.choice(self.own)
        ((version, status),) = self.ledger.alerts[alert]
        to = {"pending": "acknowledged", "acknowledged": "investigating", "investigating": "closed"}.get(status)
        if to is None:
            return
        self.ledger.alerts[alert] = {(version, status), (version + 1, to)}
        self.expect(self.client.post(f"/api/v1/alerts/{alert}/status", {"status": to}), 200, "change")
        self.ledger.alerts[alert] = {(version + 1, to)}

    def remove(self):
        if len(self.own) < 3:
            return
        alert = self.own.pop(self.random.randrange(len(self.own)))
        self.ledger.alerts[alert] |= {None}
        self.expect(self.client.request("DELETE", f"/api/v1/alerts/{alert}"), 204, "remove")
        self.ledger.alerts[alert] = {None}


class Examination:
    """Holds the server that came back against the ledger."""

    def __init__(self, server, ledger):
        self.client, self.ledger, self.violations = server.client(), ledger, []

    def complain(self, what):
        self.violations.append(what)

    def all(self):
        self.await_deletions()
        for alert, allowed in list(self.ledger.alerts.items()):
            self.alert(alert, allowed)
        for mark, allowed in list(self.ledger.batches.items()):
            self.batch(mark, allowed)
        for event, fields in list(self.ledger.events.items()):
            self.event(event, fields)
        for key, (body, known) in list(self.ledger.keys.items()):
            self.key(key, body, known)
        self.commits()

    def await_deletions(self):
        """Those that were begun go on by themselves."""
        begun = time.monotonic()
        while self.client.get("/api/v1/events/deletions", [("state", "waiting"), ("state", "running")]).json()["items"]:
            if time.monotonic() - begun > DELETION_PATIENCE:
                self.complain("a deletion does not end")
                return

    def alert(self, alert, allowed):
        reply = self.client.get(f"/api/v1/alerts/{alert}")
        found = None
        if reply.status == 200:
            told = reply.json()
            found = (told["version"], told["status"])
            history = self.client.get(f"/api/v1/alerts/{alert}/history").json()["items"]
            if len(history) != told["version"] - 1 or (history and history[-1]["to"] != told["status"]):
                self.complain(f"alert {alert} is {found} but its history is {history}")
        if found not in allowed:
            self.complain(f"alert {alert} is {found}, it may be {allowed}")
        self.ledger.alerts[alert] = {found}  # from now on that is known

    def batch(self, mark, allowed):
        # By a column, by a member, and by a search: the filters of segments lead the last two.
        filters = [{"host": mark}, {"field.mark": mark}, {"q": f'mark:="{mark}" words'}]
        counts = [self.client.get("/api/v1/events/count", one).json()["count"] for one in filters]
        if counts[0] not in allowed or set(counts) != {counts[0]}:
            self.complain(f"batch {mark} has {counts} events, it may have {allowed}")
        self.ledger.batches[mark] = {counts[0]}

    def event(self, event, fields):
        reply = self.client.get(f"/api/v1/events/{event}")
        if reply.status != 200 or not reply.body.endswith(b'"fields":' + fields.encode() + b"}"):
            self.complain(f"event {event} is {reply}, it was sent as {fields}")

    def key(self, key, body, known):
        reply = self.client.post("/api/v1/alerts", body, Idempotency_Key=key)
        if reply.status != 201 or (known is not None and reply.json()["id"] != known):
            self.complain(f"the retry of {key} answered {reply}, first told: {known}")
            return
        self.ledger.told["retry"] += 1
        count = self.client.get("/api/v1/alerts/count", {"tag": key}).json()["count"]
        if count != 1:
            self.complain(f"the request with key {key} was applied {count} times")
        self.ledger.keys[key] = (body, reply.json()["id"])

    def commits(self):
        reply = self.client.post("/api/v1/alerts", {"title": "back", "severity": "low"})
        commit = int(reply.headers[COMMIT])
        if commit <= self.ledger.commit:
            self.complain(f"commit {commit} after the restart, {self.ledger.commit} was told before it")
        self.ledger.commit = max(self.ledger.commit, commit)


def forget_settled(ledger, pick):
    """Keeps a sample of what was looked at, so that a cycle's cost does not grow."""
    for kept in (ledger.alerts, ledger.batches, ledger.events, ledger.keys):
        for name in list(kept):
            if pick.random() < 0.9:
                del kept[name]


def new_file(of_earlier_version):
    """A directory for a database, maybe one that an earlier version left, and the ledger of it."""
    directory, ledger = tempfile.mkdtemp(prefix="carrel-kill-"), Ledger()
    if of_earlier_version:
        marks = [f"earlier-{i}" for i in range(len(EARLIER_EVENTS))]
        batches = [[fields_of(mark, n) for n in range(count)] for mark, count in zip(marks, EARLIER_EVENTS)]
        for mark, batch, ids in zip(marks, batches, earlier_file.make(f"{directory}/carrel.db", batches)):
            ledger.batches[mark] = {len(batch)}
            ledger.events |= {ids[n]: batch[n] for n in range(0, len(batch), 1000)}
    return directory, ledger


def left_by_kill(directory):
    """What was under way: rows that were not moved yet beside some that were, and segments that took others' place."""
    with tempfile.TemporaryDirectory() as copy:  # who opens a database recovers it
        for suffix in ["", "-wal"]:
            if os.path.exists(f"{directory}/carrel.db{suffix}"):
                shutil.copy(f"{directory}/carrel.db{suffix}", copy)
        with contextlib.closing(sqlite3.connect(f"{copy}/carrel.db")) as database:
            try:
                rows, = database.execute("SELECT count(*) FROM events").fetchone()
                segments, newest = database.execute("SELECT count(*), max(seq) FROM event_segments").fetchone()
                deletions, = database.execute("SELECT count(*) FROM event_deletions WHERE state <> 2").fetchone()
            except sqlite3.OperationalError:
                return {}  # killed before the tables were there
    return {"rows half moved": rows > 0 and segments > 0, "segments put together": newest is not None and newest > segments,
            "deletions under way": deletions > 0}


def kill_while_moving(directory, pick):
    """Kills the server some times while rows of an earlier version are moved. What each kill left."""
    for _ in range(KILLS_WHILE_MOVING):
        server = Server(directory=directory, env=ENVIRONMENT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the server ended by itself: {server.process.wait(pick.uniform(0, 0.4))}")
        server.process.send_signal(signal.SIGKILL)
        server.end()
        yield left_by_kill(directory)


def one_cycle(directory, ledger, pick, name, clients):
    """Writes, kills, comes back, looks. The violations found."""
    server = Server(directory=directory, env=ENVIRONMENT)
    killed = threading.Event()
    left = [pick.choice([pick.randint(1, 60), pick.randint(1, 10_000)])]  # changes until the kill

    def kill():
        server.process.send_signal(signal.SIGKILL)
        killed.set()

    def acknowledged(changes):
        left[0] -= changes
        if left[0] <= 0:
            kill()

    writers = [Writer(server, ledger, f"{name}-{i}", pick.random(), acknowledged) for i in range(clients)]
    for writer in writers:
        writer.start()
    if not killed.wait(pick.choice([0.005, 0.02, 0.05, 0.5])):
        kill()
    server.end()
    for writer in writers:
        writer.join(30)
    ledger.left.update(name for name, is_so in left_by_kill(directory).items() if is_so)
    violations = [writer.wrong for writer in writers if writer.wrong] + \
        ["a client hangs" for writer in writers if writer.is_alive()]

    with Server(directory=directory, env=ENVIRONMENT) as back:
        look = Examination(back, ledger)
        look.all()
        violations += look.violations
    return violations


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--clients", type=int, default=4)
    chosen = parser.parse_args()
    print(f"kill_ledger: replay with kill_ledger.py PROGRAM --cycles {chosen.cycles} --seed {chosen.seed} "
          f"--clients {chosen.clients}", flush=True)

    pick, told, violations, begun = random.Random(chosen.seed), collections.Counter(), [], time.monotonic()
    directory, ledger, left = None, None, collections.Counter()
    for cycle in range(chosen.cycles):
        if cycle % CYCLES_A_FILE == 0:
            if directory:
                shutil.rmtree(directory)
                told += ledger.told
                left += ledger.left
            of_earlier_version = cycle // CYCLES_A_FILE % 2 == 1
            directory, ledger = new_file(of_earlier_version)
            for each in kill_while_moving(directory, pick) if of_earlier_version else []:
                ledger.left.update(name for name, is_so in each.items() if is_so)
        found = one_cycle(directory, ledger, pick, f"k{cycle}", chosen.clients)
        for each in found[:5]:
            print(f"violation: cycle {cycle}: {each}", flush=True)
        violations += found
        if violations:
            break
        forget_settled(ledger, pick)
    shutil.rmtree(directory, ignore_errors=True)
    told += ledger.told
    left += ledger.left
    print(f"kill_ledger: {cycle + 1} cycles, {sum(told.values())} acknowledged ({dict(told)}), "
          f"{time.monotonic() - begun:.0f} s, kills left {dict(left)}: {len(violations)} violations")
    if cycle + 1 >= CYCLES_THAT_SEE_ALL and len(left) < 3:
        sys.exit("kill_ledger: no kill came while events were put together, rows were moved, or events were deleted")
    sys.exit(1 if violations or not told else 0)


main()
