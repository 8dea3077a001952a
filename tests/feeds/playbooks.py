"""Playbooks of a running server: alerts start them, steps really send and run, approvals hold them, and a kill never makes a step
happen twice."""
import signal
import stat
import threading
import time
import unittest

import carrel_program as program
from carrel_program import Server
from others import http_server

OPEN = ("pending", "running", "waiting")


def eventually(true, at_most_s=60):
    end = time.monotonic() + at_most_s
    while time.monotonic() < end:
        if got := true():
            return got
    raise AssertionError("did not come about")


def host(url):
    return url.removeprefix("http://")


def step(id_, **members):
    return {"id": id_, "type": "call_webhook", "parameters": {"action_id": "hook"}} | members


class Playbooks(unittest.TestCase):
    def make(self, client, path, body):
        made = client.post("/api/v1" + path, body)
        self.assertEqual(made.status, 201, made)
        return made.json()

    def playbook(self, client, url, *steps, **members):
        self.make(client, "/actions", {"id": "hook", "type": "webhook", "config": {"url": url}})
        return self.make(client, "/playbooks", {"id": "p", "name": "P", "steps": list(steps)} | members)

    def execute(self, client, **body):
        begun = client.post("/api/v1/playbooks/p/execute", body)
        self.assertEqual(begun.status, 202, begun)
        return begun.headers["Location"]

    def over(self, client, path):
        return eventually(lambda: (got := client.get(path).json())["status"] not in OPEN and got)

    def steps(self, client, path):
        return client.get(path + "/steps").json()["items"]

    def test_an_alert_starts_what_fits_and_a_failure_is_tried_again(self):
        answers = iter([500, 200])
        with http_server(lambda *_: (next(answers), {}, b"")) as (url, requests), \
                Server("--allow-outbound", host(url)) as server:
            client = server.client()
            self.playbook(client, url + "/hook",
                          step("tell", retries=2, retry_delay_s=1, retry_safe=True),
                          {"id": "ack", "type": "update_alert", "parameters": {"status": "acknowledged"}},
                          triggers=[{"conditions": [{"field": "severity", "operator": "equals", "value": "critical"}]}])
            self.make(client, "/alerts", {"id": "low", "title": "t", "severity": "low"})
            self.make(client, "/alerts", {"id": "a", "title": "t", "severity": "critical"})
            eventually(lambda: client.get("/api/v1/alerts/a").json()["status"] == "acknowledged")
            listed = client.get("/api/v1/playbook-executions").json()["items"]
            self.assertEqual([each["alert_id"] for each in listed], ["a"])
            done = self.over(client, "/api/v1/playbook-executions/" + listed[0]["id"])
            self.assertEqual((done["status"], done["trigger"]), ("completed", "alert"), done)
            keys = [each[2]["Idempotency-Key"] for each in requests]
            self.assertEqual(keys, [done["id"] + "-tell"] * 2)
            self.assertEqual(self.steps(client, "/api/v1/playbook-executions/" + done["id"])[0]["attempts"], 2)

    def test_a_step_that_is_being_sent_when_the_server_is_killed_is_not_sent_again(self):
        asked, answers = threading.Event(), threading.Event()

        def answer(*_):
            asked.set()
            answers.wait(60)
            return 200, {}, b""
        with http_server(answer) as (url, requests), Server("--allow-outbound", host(url)) as server:
            try:
                client = server.client()
                self.playbook(client, url + "/hook", step("one", on_failure="continue"), step("two"))
                path = self.execute(client)
                self.assertTrue(asked.wait(60))
                self.assertEqual(self.steps(client, path)[0]["status"], "running")
                server.stop(signal.SIGKILL)
            finally:
                answers.set()
            with Server("--allow-outbound", host(url), directory=server.directory) as second:
                client = second.client()
                done = self.over(client, path)
                self.assertEqual((done["status"], done["failed_steps"]), ("completed", 1), done)
                self.assertEqual([each["status"] for each in self.steps(client, path)], ["unknown", "succeeded"])
                keys = [each[2]["Idempotency-Key"].rsplit("-", 1)[1] for each in requests]
                self.assertEqual(sorted(keys), ["one", "two"])
                second.stop()

    def test_kills_at_any_moment_send_nothing_twice(self):
        with http_server(lambda *_: (200, {}, b"")) as (url, requests), Server("--allow-outbound", host(url)) as server:
            self.playbook(server.client(), url + "/hook", *[step(f"s{i}", on_failure="continue") for i in range(10)])
            paths, running = [], server
            for cycle in range(5):
                client = running.client()
                paths += [self.execute(client) for _ in range(4)]
                before = len(requests)
                eventually(lambda: len(requests) >= before + 3 * cycle)
                running.stop(signal.SIGKILL)
                running = Server("--allow-outbound", host(url), directory=server.directory)
            try:
                client = running.client()
                sent = {}
                for path in paths:
                    self.over(client, path)
                for each in requests:
                    key = each[2]["Idempotency-Key"]
                    sent[key] = sent.get(key, 0) + 1
                self.assertEqual({key: count for key, count in sent.items() if count > 1}, {})
                for path in paths:
                    for each in self.steps(client, path):
                        count = sent.get(f"{path.rsplit('/', 1)[1]}-{each['step_id']}", 0)
                        self.assertIn(each["status"], ("succeeded", "unknown"), each)
                        if each["status"] == "succeeded":
                            self.assertEqual(count, 1, each)
            finally:
                running.stop()

    def test_a_redirect_to_the_inside_is_refused(self):
        with http_server(lambda *_: (200, {}, b"")) as (inside, inner), \
                http_server(lambda *_: (307, {"Location": inside + "/admin"}, b"")) as (url, _), \
                Server("--allow-outbound", host(url)) as server:
            client = server.client()
            self.playbook(client, url + "/hook", step("one"))
            path = self.execute(client)
            self.assertEqual(self.over(client, path)["status"], "failed")
            self.assertIn("loopback", self.steps(client, path)[0]["error"])
            self.assertEqual(inner, [])

    def test_a_webhook_that_stalls_holds_up_nothing_else(self):
        stalls = threading.Event()

        def answer(path, *_):
            if path == "/stall":
                stalls.wait(60)
            return 200, {}, b""
        with http_server(answer) as (url, _), Server("--allow-outbound", host(url)) as server:
            try:
                client = server.client()
                self.playbook(client, url + "/stall", step("one", timeout_s=1800))
                for _ in range(8):
                    self.execute(client)
                self.make(client, "/playbooks", {"id": "q", "name": "Q", "steps": [
                    {"id": "n", "type": "add_note", "parameters": {"note": "n"}}]})
                self.make(client, "/alerts", {"id": "a", "title": "t", "severity": "low"})
                begun = client.post("/api/v1/playbooks/q/execute", {"alert_id": "a"})
                self.assertEqual(self.over(client, begun.headers["Location"])["status"], "completed")
                self.assertEqual(server.stop(), 0)  # nor the end
            finally:
                stalls.set()

    def test_two_approvers_at_once(self):
        with http_server(lambda *_: (200, {}, b"")) as (url, requests), Server("--allow-outbound", host(url)) as server:
            client = server.client()
            self.playbook(client, url + "/hook", step("one", requires_approval=True))
            path = self.execute(client)
            eventually(lambda: client.get(path).json()["status"] == "waiting")
            request = client.get("/api/v1/approvals/pending").json()["items"][0]
            self.assertEqual(requests, [])
            replies, gate = [], threading.Barrier(8)

            def approve():
                own = server.client()
                gate.wait()
                replies.append(own.request("PATCH", "/api/v1/approvals/" + request["id"], {
                    "action": "approve", "expected_version": request["version"]}, {"Content-Type": "application/json"}).status)
            threads = [threading.Thread(target=approve) for _ in range(8)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            self.assertEqual(sorted(replies), [200] + [409] * 7)
            self.assertEqual(self.over(client, path)["status"], "completed")
            self.assertEqual(len(requests), 1)

    def test_commands_are_those_that_are_allowed(self):
        with Server() as place:
            tool = place.directory / "tool"
            tool.write_text("#!/bin/sh\necho \"$1\"\n")
            tool.chmod(stat.S_IRWXU)
            body = {"id": "p", "name": "P", "steps": [
                {"id": "s", "type": "block_ip", "parameters": {"ip": "192.0.2.1", "command": "block"}}]}
            refused = place.client().post("/api/v1/playbooks", body)
            self.assertEqual(refused.json()["errors"][0]["field"], "steps[0].parameters.command", refused)
            place.stop()
            for bad in ("block", "block=tool", f"block={tool}.none", f"a b={tool}"):
                ended = program.run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", "--playbook-command", bad)
                self.assertEqual(ended.returncode, 2, ended.stderr)
                self.assertIn("--playbook-command", ended.stderr)
            with Server("--playbook-command", f"block={tool}", directory=place.directory) as server:
                client = server.client()
                self.make(client, "/playbooks", body)
                path = self.execute(client)
                self.assertEqual(self.over(client, path)["status"], "completed")
                self.assertEqual(self.steps(client, path)[0]["output"]["output"], "ip=192.0.2.1\n")
                server.stop()


if __name__ == "__main__":
    program.main()
