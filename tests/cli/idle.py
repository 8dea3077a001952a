"""What a server does by itself when nobody asks it anything: no statement more than once a second. And that what is requested begins soon
all the same."""
import threading
import time
import unittest

from carrel_program import Server, main

SPAN = 6  # seconds
SETTLED_WITHIN = 60
SOON = 25  # less than the 30 seconds after which some would look by themselves
# The client's own requests, and what opens and ends a transaction, are not looked for.
PASSED = ("BEGIN", "COMMIT")


def calls(client):
    """How often each statement has run, and between which moments that was so."""
    asked = time.monotonic()
    items = client.get("/api/v1/queries/top", {"limit": 1000}).json()["items"]
    return {each["statement"]: each["calls"] for each in items}, asked, time.monotonic()


def too_often(before, after):
    """The statements that ran more than once a second between two looks; one more may be at either end."""
    (were, begun, _), (now, _, ended) = before, after
    more = {text: count - were.get(text, 0) for text, count in now.items() if not text.startswith(PASSED)}
    return {text: count for text, count in more.items() if count > ended - begun + 2}


class Idle(unittest.TestCase):
    def test_no_statement_runs_more_than_once_a_second(self):
        with Server() as server:
            client = server.client()
            self.settle(client)
            before = calls(client)
            threading.Event().wait(SPAN)
            after = calls(client)
            self.assertEqual(too_often(before, after), {})
            # The look itself finds what runs often: as many reads in as short a time are seen.
            for _ in range(20 * SPAN):
                client.get("/api/v1/alerts", {"limit": 1})
            self.assertNotEqual(too_often(after, calls(client)), {})

    def settle(self, client):
        """Until what a start has to do is done."""
        end, before = time.monotonic() + SETTLED_WITHIN, calls(client)
        while True:
            threading.Event().wait(2)
            after = calls(client)
            often = too_often(before, after)
            if not often:
                return
            self.assertLess(time.monotonic(), end, often)
            before = after

    def test_what_is_requested_begins_soon(self):
        with Server() as server:
            client = server.client()
            self.settle(client)
            action = client.post("/api/v1/actions", {"id": "hook", "type": "webhook", "config": {"url": "https://hook.invalid/"}})
            self.assertEqual(action.status, 201, action)
            alert = client.post("/api/v1/alerts", {"title": "t", "severity": "low"}).json()["id"]
            steps = [{"id": "mark", "type": "update_alert", "parameters": {"add_tags": ["played"]}},
                     {"id": "call", "type": "call_webhook", "parameters": {"action_id": "hook"}}]
            client.post("/api/v1/playbooks", {"id": "p", "name": "p", "steps": steps})
            test = client.post("/api/v1/actions/hook/test", None).headers["Location"]
            run = client.post("/api/v1/playbooks/p/execute", {"alert_id": alert}).headers["Location"]
            begun = time.monotonic()
            waiting = {test, run + "/steps"}
            while waiting:
                self.assertLess(time.monotonic() - begun, SOON, waiting)
                threading.Event().wait(0.05)
                read = {path: client.get(path).json() for path in waiting}
                waiting = {path for path, now in read.items() if not all(each["started_at"] for each in now.get("items", [now]))}


main()
