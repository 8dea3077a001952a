"""The server is killed at random moments while clients delete; when it comes back the chain of its audit log is whole, and
each deletion that was acknowledged has one entry, each one that did not happen none. Usage: audit_kills.py PROGRAM
[--cycles N] [--seed N] [--clients N]"""
import argparse
import collections
import contextlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading

from carrel_program import Server, run
from killed_client import KilledClient

BULK = 3


class Ledger:
    def __init__(self):
        self.told = collections.Counter()  # alerts whose deletion was acknowledged
        self.asked = set()                 # and those of which that is not known
        self.lock = threading.Lock()

    def ask(self, alerts):
        with self.lock:
            self.asked |= set(alerts)

    def tell(self, alerts):
        with self.lock:
            self.asked -= set(alerts)
            self.told.update(alerts)


class Client(KilledClient):
    """Makes alerts and deletes them, alone, by many, and twice with one key, until the server is gone."""

    def steps(self):
        return [self.one, self.one, self.many, self.twice]

    def expect(self, reply, status):
        if reply.status != status:
            raise AssertionError(reply)

    def alert(self):
        alert = self.fresh()
        self.expect(self.client.post("/api/v1/alerts", {"id": alert, "title": "t", "severity": "low"}), 201)
        return alert

    def one(self):
        alert = self.alert()
        self.ledger.ask([alert])
        self.expect(self.client.request("DELETE", f"/api/v1/alerts/{alert}"), 204)
        self.ledger.tell([alert])

    def many(self):
        alerts = [self.alert() for _ in range(BULK)]
        self.ledger.ask(alerts)
        self.expect(self.client.post("/api/v1/alerts/bulk", {"action": "delete", "ids": alerts}), 200)
        self.ledger.tell(alerts)

    def twice(self):
        alert = self.alert()
        self.ledger.ask([alert])
        for _ in range(2):
            self.expect(self.client.request("DELETE", f"/api/v1/alerts/{alert}", headers={"Idempotency-Key": alert}), 204)
        self.ledger.tell([alert])


def entries_of(client):
    """How often the log tells of each alert's deletion."""
    reply = client.get("/api/v1/audit", Accept="application/x-ndjson")
    found = collections.Counter()
    for line in reply.body.splitlines():
        entry = json.loads(line)
        if entry["action"] == "delete_alert":
            found[entry["target"].removeprefix("/alerts/")] += 1
        elif entry["action"] == "change_many_alerts":
            found.update(entry["detail"]["ids"])
    return found


def examine(server, ledger):
    """What the log says against what clients were answered."""
    client, wrong = server.client(), []
    found = entries_of(client)
    for alert, count in ledger.told.items():
        if found[alert] != count:
            wrong.append(f"the deletion of {alert} was acknowledged, and has {found[alert]} entries")
    for alert in ledger.asked:
        is_gone = client.get(f"/api/v1/alerts/{alert}").status == 404
        if found[alert] != int(is_gone):
            wrong.append(f"{alert} is {'gone' if is_gone else 'there'}, and its deletion has {found[alert]} entries")
    for alert in found - ledger.told:
        if alert not in ledger.asked:
            wrong.append(f"nobody deleted {alert}")
    for alert in ledger.asked:  # from now on that is known
        if found[alert]:
            ledger.told[alert] = 1
    ledger.asked.clear()
    return wrong


def head_of(server):
    told = server.client().get("/api/v1/audit/head").json()
    return f"{told['seq']}:{told['hash']}"


def one_cycle(directory, ledger, pick, name, clients, heads):
    server = Server(directory=directory)
    threads = [Client(server, ledger, f"{name}-{i}", pick.random()) for i in range(clients)]
    for thread in threads:
        thread.start()
    with contextlib.suppress(subprocess.TimeoutExpired):
        raise AssertionError(f"the server ended by itself: {server.process.wait(pick.uniform(0.01, 0.6))}")
    server.process.send_signal(signal.SIGKILL)
    server.end()
    for thread in threads:
        thread.join(30)
    wrong = [thread.wrong for thread in threads if thread.wrong]
    with Server(directory=directory) as back:
        wrong += examine(back, ledger)
        checked = run("check", "--database", back.database, "--audit-head", pick.choice(heads or [head_of(back)]))
        if checked.returncode != 0:
            wrong.append(f"carrel check: {checked.stdout}{checked.stderr}")
        heads.append(head_of(back))
        back.stop()
    return wrong


def is_change_noticed(directory, pick):
    """Whether the check sees one byte of one entry changed: else its silence means nothing."""
    with tempfile.TemporaryDirectory() as kept:
        shutil.copy(f"{directory}/carrel.db", f"{kept}/copy.db")
        with contextlib.closing(sqlite3.connect(f"{kept}/copy.db", isolation_level=None)) as database:
            last, = database.execute("SELECT max(seq) FROM audit").fetchone()
            entry = pick.randint(1, last)
            database.execute("DROP TRIGGER audit_is_not_changed")
            database.execute("UPDATE audit SET target = substr(target, 1, length(target) - 1) || '~' WHERE seq = ?", (entry,))
        found = run("check", "--database", f"{kept}/copy.db")
        return found.returncode == 1 and f"audit entry {entry} does not follow" in found.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--cycles", type=int, default=25)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--clients", type=int, default=4)
    chosen = parser.parse_args()
    print(f"audit_kills: replay with --cycles {chosen.cycles} --seed {chosen.seed} --clients {chosen.clients}", flush=True)
    pick, ledger, heads, wrong = random.Random(chosen.seed), Ledger(), [], []
    directory = tempfile.mkdtemp(prefix="carrel-audit-")
    for cycle in range(chosen.cycles):
        wrong = one_cycle(directory, ledger, pick, f"k{cycle}", chosen.clients, heads)
        if wrong:
            break
    for each in wrong[:10]:
        print(f"violation: cycle {cycle}: {each}", flush=True)
    if not wrong and not is_change_noticed(directory, pick):
        wrong = ["a change of one byte was not noticed"]
        print(f"violation: {wrong[0]}", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    print(f"audit_kills: {cycle + 1} cycles, {ledger.told.total()} deletions acknowledged: {len(wrong)} violations")
    sys.exit(1 if wrong or not ledger.told else 0)


main()
