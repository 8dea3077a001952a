"""What the server counts of work that nobody waits for: the page of metrics against what a client and a receiver saw."""
import pathlib
import re
import tempfile
import threading
import time
import unittest

import carrel_program as program
from carrel_program import Server
from others import finished, http_server

RULE = ("title: A rule\nid: 00000000-0000-4000-8000-000000000001\nlevel: high\nlogsource: {product: windows}\n"
        "detection:\n  s:\n    Image: x.exe\n  condition: s\n")


def counted(client, name):
    """The series of a family, by the value of their label."""
    page = client.get("/metrics").body.decode()
    found = re.findall(rf'^carrel_{name}(?:{{\w+="([^"]*)"}})? (\S+)$', page, re.M)
    return {label: float(value) for label, value in found}


def eventually(check, at_most_s=60):
    end = time.monotonic() + at_most_s
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError("did not come about")
    return found


class Counters(unittest.TestCase):
    def becomes(self, client, name, wanted):
        """Work is counted once it is stored, which a client may see before, or now and then."""
        try:
            eventually(lambda: counted(client, name) == wanted)
        except AssertionError:
            self.assertEqual(counted(client, name), wanted, name)

    def made(self, client, path, body, status=201):
        reply = client.post("/api/v1" + path, body)
        self.assertEqual(reply.status, status, (path, reply))
        return reply

    def test_synchronisations_of_feeds(self):
        with tempfile.TemporaryDirectory() as folder, Server("--feeds-dir", folder) as server:
            client, place = server.client(), pathlib.Path(folder, "sigma")
            self.becomes(client, "feed_syncs_total", {"succeeded": 0, "failed": 0})
            feed = self.made(client, "/feeds", {"name": "F", "type": "filesystem", "path": "sigma"}).json()["id"]

            def sync(how="sync"):
                return finished(client, self.made(client, f"/feeds/{feed}/{how}", b"", 202))["state"]
            self.assertEqual([sync(), sync(), sync("test"), sync()], ["failed"] * 4)
            self.becomes(client, "feed_syncs_total", {"succeeded": 0, "failed": 3})
            self.becomes(client, "feeds_failing", {"rule_feed": 1, "ioc_feed": 0})
            self.becomes(client, "feed_consecutive_failures", {"rule_feed": 3, "ioc_feed": 0})
            place.mkdir()
            (place / "one.yml").write_text(RULE)
            self.assertEqual([sync("test"), sync()], ["succeeded"] * 2)
            self.becomes(client, "feed_syncs_total", {"succeeded": 1, "failed": 3})
            self.becomes(client, "feeds_failing", {"rule_feed": 0, "ioc_feed": 0})
            self.becomes(client, "feed_consecutive_failures", {"rule_feed": 0, "ioc_feed": 0})

    def test_steps_of_playbooks(self):
        stalls, answers = threading.Event(), {"/good": [200], "/bad": [500], "/mended": [500, 200]}

        def answer(path, *_):
            if path == "/stall":
                stalls.wait(60)
                return 200, {}, b""
            left = answers[path]
            return (left.pop(0) if len(left) > 1 else left[0]), {}, b""
        with http_server(answer) as (url, _), Server("--allow-outbound", url.removeprefix("http://")) as server:
            client = server.client()

            def run(playbook, path, is_off=False, **members):
                action = self.made(client, "/actions", {"name": playbook, "type": "webhook", "config": {"url": url + path}}).json()
                step = {"id": "s", "type": "call_webhook", "parameters": {"action_id": action["id"]}, **members}
                self.made(client, "/playbooks", {"id": playbook, "name": playbook, "steps": [step]})
                if is_off:
                    self.assertEqual(client.request("PATCH", f"/api/v1/actions/{action['id']}", {"enabled": False},
                                                    {"Content-Type": "application/merge-patch+json"}).status, 200)
                begun = self.made(client, f"/playbooks/{playbook}/execute", {}, 202).headers["Location"]
                return eventually(lambda: (now := client.get(begun).json()["status"]) in ("completed", "failed") and now)
            try:
                nothing = {"succeeded": 0, "failed": 0, "unknown": 0, "repeated": 0}
                self.becomes(client, "playbook_steps_total", nothing)
                self.assertEqual(run("a", "/good"), "completed")
                self.becomes(client, "playbook_steps_total", nothing | {"succeeded": 1})
                self.assertEqual(run("b", "/bad"), "failed")
                self.becomes(client, "playbook_steps_total", nothing | {"succeeded": 1, "failed": 1})
                self.assertEqual(run("c", "/mended", retries=1, retry_delay_s=1, retry_safe=True), "completed")
                self.becomes(client, "playbook_steps_total", nothing | {"succeeded": 2, "failed": 1, "repeated": 1})
                self.assertEqual(run("d", "/stall", timeout_s=1), "failed")
                self.becomes(client, "playbook_steps_total",
                             {"succeeded": 2, "failed": 1, "repeated": 1, "unknown": 1})
                self.assertEqual(run("e", "/good", is_off=True), "failed")
                self.becomes(client, "playbook_steps_total", {"succeeded": 2, "failed": 2, "repeated": 1, "unknown": 1})
            finally:
                stalls.set()

    def test_notices_about_approvals(self):
        answers = [200]
        with http_server(lambda *_: (answers[0], {}, b"")) as (url, requests), \
                Server("--allow-outbound", url.removeprefix("http://")) as server:
            client = server.client()
            self.made(client, "/actions", {"id": "tell", "type": "webhook", "config": {"url": url + "/"}})
            self.made(client, "/actions", {"id": "hook", "type": "webhook", "config": {"url": url + "/never"}})
            step = {"id": "s", "type": "call_webhook", "parameters": {"action_id": "hook"}, "requires_approval": True,
                    "approval": {"notify_action_id": "tell"}}
            self.made(client, "/playbooks", {"id": "p", "name": "P", "steps": [step]})
            for number, status in enumerate((200, 500)):
                answers[0] = status
                self.made(client, "/playbooks/p/execute", {}, 202)
                self.becomes(client, "approval_notices_total", {"sent": 1, "failed": number})
            self.assertEqual([each[1] for each in requests], ["/", "/"])

    def test_slow_jobs(self):
        with Server("--slow-statement-ms", "1") as server:
            client = server.client()
            lines = "".join(f'{{"host":"h{n}","n":{n}}}\n' for n in range(30_000))
            self.assertEqual(client.request("POST", "/api/v1/events", lines, {"Content-Type": "application/x-ndjson"}).status, 201)
            for _ in range(12):
                client.get("/api/v1/events/count", {"q": "h1* NOT h1x"})
            logged = server.log_text()
            slow = counted(client, "slow_jobs_total")[""]
            told = len(re.findall("slow query", logged)) + sum(map(int, re.findall(r"(\d+) more like it were not logged", logged)))
            self.assertGreater(told, 5)
            self.assertGreaterEqual(slow, told)  # those that no line tells of yet count already
        with Server("--slow-statement-ms", "0") as server:
            self.assertEqual(counted(server.client(), "slow_jobs_total"), {"": 0})


if __name__ == "__main__":
    program.main()
