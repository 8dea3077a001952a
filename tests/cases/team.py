"""A team of eight works 1,000 alerts that were raised from real events: assigns, links, comments, notes, closes. Each of them
writes down what the server acknowledged; then each effect is looked for. Usage: team.py PROGRAM EVENTS-DIRECTORY"""
import collections
import itertools
import pathlib
import random
import sys
import threading
import unittest

import real_events
from carrel_program import SKIPPED, Server

MEMBERS, ALERTS, EVENTS_EACH, OPEN_EVERY, CLOSE_AT = 8, 1000, 2, 25, 30
API = "/api/v1"
ALERT_EDGES = {"pending": {"acknowledged", "dismissed", "false_positive", "closed"},
               "acknowledged": {"investigating", "dismissed", "false_positive", "closed"},
               "investigating": {"resolved", "escalated", "dismissed", "false_positive", "closed"},
               "resolved": {"closed", "pending"}, "escalated": {"closed"}, "dismissed": {"closed", "pending"},
               "false_positive": {"closed", "pending"}, "closed": {"pending"}}
CASE_EDGES = {"open": {"in_progress"}, "in_progress": {"awaiting_review", "resolved", "false_positive"},
              "awaiting_review": {"resolved", "in_progress"}, "resolved": {"closed"}, "false_positive": {"closed"}, "closed": set()}
CLOSURE = {"verdict": "true_positive", "resolution_category": "drill", "summary": "It was the exercise of that day.",
           "affected_assets": ["ws1"], "ml_feedback": 3}


def pages(client, path):
    """All items of a list."""
    items, query = [], {"limit": 500}
    while True:
        got = client.get(API + path, query).json()
        items += got["items"]
        if got["next"] is None:
            return items
        query["cursor"] = got["next"]


class Ledger:
    """What was acknowledged, of all members."""

    def __init__(self):
        self.lock = threading.Lock()
        self.notes, self.comments = collections.defaultdict(list), collections.defaultdict(list)
        self.assigned, self.dismissed, self.reopened, self.links = {}, set(), set(), {}
        self.opened, self.closed, self.count = [], set(), collections.Counter()


class Member(threading.Thread):
    def __init__(self, server, number, todo, ledger):
        super().__init__(daemon=True)
        self.client, self.name, self.todo, self.ledger = server.client(), f"member{number}", todo, ledger
        self.pick, self.failure = random.Random(number), None

    def run(self):
        try:
            for alert, turn in self.todo:
                self.work(alert, turn)
        except Exception as failure:  # noqa: BLE001: told by the test
            self.failure = failure

    def ask(self, method, path, body, may=()):
        """True if it was done; False if it was refused in a way that another's work explains."""
        reply = self.client.request(method, API + path, body)
        self.ledger.count[reply.status] += 1
        if reply.status in (200, 201, 204):
            return reply
        if reply.status not in may:
            raise AssertionError(f"{method} {path}: {reply}")
        return None

    def work(self, alert, turn):
        """Each alert comes to two members: the second finds it in whatever state the first has left it."""
        ledger = self.ledger
        with ledger.lock:
            mine = ledger.assigned.setdefault(alert, self.name) == self.name
        if mine:
            self.ask("PATCH", f"/alerts/{alert}", {"assigned_to": self.name})
        for status in ("acknowledged", "investigating"):
            self.ask("POST", f"/alerts/{alert}/status", {"status": status, "note": self.name}, may=(409,))
        self.comment(alert)
        if turn % 7 == 0:
            self.dismiss(alert, turn)
        else:
            self.investigate(alert, turn)

    def comment(self, alert):
        text = f"{self.name}:{self.pick.random()}"
        if self.ask("POST", f"/alerts/{alert}/comments", {"content": text}):
            with self.ledger.lock:
                self.ledger.comments[alert].append(text)

    def dismiss(self, alert, turn):
        if self.ask("POST", f"/alerts/{alert}/dismiss", {"reason": "a drill"}, may=(409,)):
            with self.ledger.lock:
                self.ledger.dismissed.add(alert)
        if turn % 14 == 0 and self.ask("POST", f"/alerts/{alert}/reopen", {"reason": "it came back"}, may=(409,)):
            with self.ledger.lock:
                self.ledger.reopened.add(alert)

    def investigate(self, alert, turn):
        ledger = self.ledger
        with ledger.lock:
            case = self.pick.choice(ledger.opened[-8:]) if ledger.opened and turn % OPEN_EVERY else None
        if case is None:
            reply = self.ask("POST", f"/alerts/{alert}/investigation", {}, may=(409,))
            if not reply:
                return
            case = reply.json()["id"]
            with ledger.lock:
                ledger.opened.append(case)
                self.link(alert, case)
            self.ask("POST", f"/investigations/{case}/status", {"status": "in_progress"})
        elif self.ask("PATCH", f"/alerts/{alert}/investigation", {"investigation_id": case}, may=(409,)):
            with ledger.lock:
                self.link(alert, case)
        text = f"{alert} by {self.name}"
        if self.ask("POST", f"/investigations/{case}/notes", {"content": text}, may=(409,)):
            with ledger.lock:
                ledger.notes[case].append(text)
        self.close(case)

    def link(self, alert, case):
        # A second link with the same investigation is acknowledged, too, and changes nothing.
        if self.ledger.links.setdefault(alert, case) != case:
            raise AssertionError(f"{alert} was linked twice: {self.ledger.links[alert]} {case}")

    def close(self, case):
        with self.ledger.lock:
            if len(self.ledger.notes[case]) < CLOSE_AT or case in self.ledger.closed:
                return
        self.ask("POST", f"/investigations/{case}/status", {"status": "awaiting_review"}, may=(409,))
        self.ask("POST", f"/investigations/{case}/status", {"status": "resolved"}, may=(409,))
        if self.ask("POST", f"/investigations/{case}/close", CLOSURE, may=(409,)):
            with self.ledger.lock:
                if case in self.ledger.closed:
                    raise AssertionError(f"{case} was closed twice")
                self.ledger.closed.add(case)


class Team(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)
        self.client = self.server.client()

    def raise_alerts(self):
        body = real_events.unpacked(FOLDER, real_events.FILES[1])
        taken = self.client.post(API + "/events", body, Content_Type="application/x-ndjson")
        self.assertEqual(taken.status, 201, taken)
        events = [each["id"] for each in itertools.islice(self.all_events(), ALERTS + EVENTS_EACH)]
        for n in range(ALERTS):
            cited = [events[(n + i) % len(events)] for i in range(EVENTS_EACH)]
            made = self.client.post(API + "/alerts", {"id": f"a{n}", "title": f"alert {n}", "severity": "high", "event_ids": cited})
            self.assertEqual(made.status, 201, made)

    def all_events(self):
        query = {"limit": 500}
        while True:
            page = self.client.get(API + "/events", query).json()
            yield from page["items"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def check_chain(self, what, changes, first, edges):
        state = first
        for change in changes:
            self.assertEqual(change["from"], state, what)
            self.assertIn(change["to"], edges[state], what)
            state = change["to"]
        return state

    def check_alert(self, ledger, alert):
        got = self.client.get(f"{API}/alerts/{alert}").json()
        history = pages(self.client, f"/alerts/{alert}/history")
        changes = [each for each in history if each["field"] == "status"]
        self.assertEqual(self.check_chain(alert, changes, "pending", ALERT_EDGES), got["status"])
        self.assertEqual(got["investigation_id"], ledger.links.get(alert), alert)
        self.assertEqual(got["assigned_to"], ledger.assigned[alert])
        self.assertEqual(alert in ledger.dismissed, any(each["to"] == "dismissed" for each in changes), alert)
        self.assertEqual(alert in ledger.reopened, any(each["to"] == "pending" for each in changes), alert)
        comments = [each["content"] for each in pages(self.client, f"/alerts/{alert}/comments")]
        self.assertEqual(sorted(comments), sorted(ledger.comments[alert]), alert)
        self.assertEqual(len(comments), 2, alert)

    def check_case(self, ledger, case):
        got = self.client.get(f"{API}/investigations/{case}").json()
        notes = [each["content"] for each in pages(self.client, f"/investigations/{case}/notes")]
        self.assertEqual(sorted(notes), sorted(ledger.notes[case]), case)
        alerts = {each["id"] for each in pages(self.client, f"/investigations/{case}/alerts")}
        self.assertEqual(alerts, {alert for alert, of in ledger.links.items() if of == case}, case)
        trail = pages(self.client, f"/investigations/{case}/status")
        self.assertEqual(self.check_chain(case, trail, "open", CASE_EDGES), got["status"])
        self.assertEqual(got["status"] == "closed", case in ledger.closed, case)
        self.assertEqual(got["verdict"], CLOSURE["verdict"] if case in ledger.closed else None)
        timeline = pages(self.client, f"/investigations/{case}/timeline")
        kinds = collections.Counter(each["type"] for each in timeline)
        self.assertEqual(kinds, collections.Counter(alert=len(alerts), note=len(notes), transition=len(trail),
                                                    event=EVENTS_EACH * len(alerts)), case)
        times = [each["at"] for each in timeline]
        self.assertEqual(times, sorted(times, reverse=True), case)
        return got["number"]

    def test_nothing_that_a_team_does_is_lost(self):
        self.raise_alerts()
        turns = [(f"a{n}", n) for n in range(ALERTS)] * 2
        random.Random(7).shuffle(turns)
        ledger = Ledger()
        team = [Member(self.server, n, turns[n::MEMBERS], ledger) for n in range(MEMBERS)]
        for member in team:
            member.start()
        for member in team:
            member.join()
        self.assertEqual([member.failure for member in team], [None] * MEMBERS)
        for n in range(ALERTS):
            self.check_alert(ledger, f"a{n}")
        numbers = {self.check_case(ledger, case) for case in ledger.opened}
        self.assertEqual(len(numbers), len(ledger.opened))
        stats = self.client.get(API + "/investigations/stats").json()
        self.assertEqual(stats["total"], len(ledger.opened))
        self.assertEqual(stats["by_status"]["closed"], len(ledger.closed))
        # The team was at it at once, or this test shows nothing.
        self.assertGreater(len(ledger.closed), 0)
        self.assertGreater(len(ledger.reopened), 0)
        self.assertGreater(ledger.count[409], 0)
        print(f"{len(ledger.opened)} investigations, {len(ledger.closed)} closed; {len(ledger.links)} alerts linked, "
              f"{len(ledger.dismissed)} dismissed, {len(ledger.reopened)} reopened; replies: {dict(ledger.count)}")


if __name__ == "__main__":
    FOLDER = pathlib.Path(sys.argv[2])
    if not (FOLDER / real_events.FILES[1]).exists():
        print(f"skipped: {FOLDER} has no events")
        sys.exit(SKIPPED)
    unittest.main(argv=["team"], verbosity=2, warnings="ignore")
