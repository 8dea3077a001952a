"""The metrics as Prometheus reads them: promtool finds no fault in the page, a Prometheus that scrapes it has what a client
counted, and the rules' own tests hold, but not without any one of the alerts. Usage: scrape.py PROGRAM"""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import carrel_program as program
from prometheus_server import MONITORING, Prometheus

RULE_TESTS = ("carrel-rules-test.yml", "carrel-rules-days-test.yml")
# Of a page: name{labels} value.
SERIES = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$", re.M)


def page_of(client):
    reply = client.get("/metrics")
    assert reply.status == 200, reply
    return reply.body.decode()


def values_of(page):
    return {(name, tuple(sorted(re.findall(r'(\w+)="([^"]*)"', labels or "")))): float(value)
            for name, labels, value in SERIES.findall(page)}


def count_of(values, name, **labels):
    return values.get((name, tuple(sorted(labels.items()))), 0)


def promtool(*arguments, stdin=None):
    return subprocess.run(["promtool", *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60)


def work(client):
    """A load of which every number is known: route, method and class of each request, and what became of its events."""
    told = {}

    def ask(route, method, path, body=None, **headers):
        reply = client.request(method, path, body, headers)
        key = (route, method, f"{reply.status // 100}xx")
        told[key] = told.get(key, 0) + 1
        return reply

    stored = rejected = 0
    for n in range(40):
        ask("/api/v1/alerts", "POST", "/api/v1/alerts", {"id": f"a{n}", "title": "t", "severity": "low"})
        ask("/api/v1/alerts/{id}", "GET", f"/api/v1/alerts/a{n}")
        ask("/api/v1/alerts/{id}", "GET", f"/api/v1/alerts/none{n}")
    for _ in range(7):
        ask("/api/v1/alerts", "POST", "/api/v1/alerts", {"title": 1})
    for _ in range(5):
        ask("none", "GET", "/api/v1/nothing")
    for n in range(9):
        lines = "".join(json.dumps({"host": f"h{n}", "n": m}) + "\n" for m in range(n * 10)) + "no event\n"
        reply = ask("/api/v1/events", "POST", "/api/v1/events", lines, **{"Content-Type": "application/x-ndjson"})
        stored += n * 10
        rejected += 1
        if n:
            assert reply.json()["accepted"] == n * 10, reply
    return told, stored, rejected


class Page(unittest.TestCase):
    def test_promtool_finds_no_fault(self):
        with program.Server() as server:
            client = server.client()
            work(client)
            checked = promtool("check", "metrics", stdin=page_of(client))
            self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
            broken = promtool("check", "metrics", stdin="# TYPE carrel_x counter\ncarrel_x 1\n")
            self.assertNotEqual(broken.returncode, 0, "the check finds nothing")

    def test_every_counter_is_the_clients(self):
        with program.Server() as server:
            client = server.client()
            before = values_of(page_of(client))
            told, stored, rejected = work(client)
            after = values_of(page_of(client))

            def grown(name, **labels):
                return count_of(after, name, **labels) - count_of(before, name, **labels)

            for (route, method, code), count in told.items():
                shown = "any" if route == "none" else method
                self.assertEqual(grown("carrel_http_request_duration_seconds_count", route=route, method=shown, code=code),
                                 count, (route, method, code))
                self.assertEqual(grown("carrel_http_request_duration_seconds_bucket", route=route, method=shown,
                                       code=code, le="+Inf"), count)
            total = sum(value for (name, _), value in after.items() if name == "carrel_http_request_duration_seconds_count")
            self.assertEqual(total, sum(told.values()) + 1)  # the first scrape; the second is not counted yet
            self.assertEqual(grown("carrel_events_ingested_total"), stored)
            self.assertEqual(grown("carrel_events_untimed_total"), stored)
            self.assertEqual(grown("carrel_events_rejected_total"), rejected)
            self.assertGreater(grown("carrel_events_ingested_bytes_total"), stored * 10)
            self.assertGreater(count_of(after, "carrel_http_request_duration_seconds_sum", route="/api/v1/alerts",
                                        method="POST", code="2xx"), 0)

    def test_each_commit_is_in_the_histogram(self):
        with program.Server() as server:
            client = server.client()
            work(client)
            # The server's own commits may come while a page is made.
            until = time.monotonic() + 60
            while True:
                values = values_of(page_of(client))
                commits = values[("carrel_writer_batches_total", ())]
                if values[("carrel_writer_commit_seconds_count", ())] == commits or time.monotonic() > until:
                    break
            self.assertGreaterEqual(commits, 40 + 9)
            self.assertEqual(values[("carrel_writer_commit_seconds_count", ())], commits)
            self.assertGreater(values[("carrel_writer_commit_seconds_sum", ())], 0)
            write = {"pool_type": "write", "database_path": server.database.name}
            self.assertGreaterEqual(count_of(values, "carrel_page_cache_written_pages_total", **write), commits)
            self.assertGreater(count_of(values, "carrel_page_cache_bytes", **write), 0)

    def test_what_the_process_and_its_files_take(self):
        with program.Server() as server:
            values = values_of(page_of(server.client()))
            self.assertGreater(values[("process_resident_memory_bytes", ())], 1e6)
            self.assertGreater(values[("process_open_fds", ())], 5)
            self.assertLess(values[("process_open_fds", ())], values[("process_max_fds", ())])
            self.assertAlmostEqual(values[("process_start_time_seconds", ())], time.time(), delta=60)
            size = server.database.stat().st_size
            self.assertAlmostEqual(values[("carrel_database_bytes", ())], size, delta=1 << 20)
            free = shutil.disk_usage(server.directory).free
            self.assertAlmostEqual(values[("carrel_disk_free_bytes", ())], free, delta=free / 4)


class Rules(unittest.TestCase):
    def test_they_hold_what_their_tests_say(self):
        for what in (("check", "rules", MONITORING / "carrel-rules.yml"),
                     ("check", "config", MONITORING / "prometheus.yml"),
                     *(("test", "rules", MONITORING / name) for name in RULE_TESTS)):
            done = promtool(*what)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_tests_fail_without_any_one_of_the_alerts(self):
        text = (MONITORING / "carrel-rules.yml").read_text()
        alerts = re.findall(r"- alert: (\w+)\n\s+expr: (.*)", text)
        self.assertGreater(len(alerts), 10)
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made)
            for name in RULE_TESTS:
                shutil.copy(MONITORING / name, folder)
            # Each of the alternatives that an alert has.
            for name, part in [(name, part) for name, expression in alerts for part in expression.split(" or ")]:
                self.assertEqual(text.count(part), 1, part)
                (folder / "carrel-rules.yml").write_text(text.replace(part, "vector(0) > 1"))
                self.assertTrue(any(promtool("test", "rules", folder / each).returncode for each in RULE_TESTS), (name, part))


class Scrape(unittest.TestCase):
    def test_a_real_prometheus_has_what_the_client_counted(self):
        with program.Server() as server, Prometheus(f"{server.host}:{server.port}") as watched:
            client = server.client()
            watched.wait_for("up == 1")
            told, stored, _ = work(client)
            watched.wait_for(f"carrel_events_ingested_total == {stored}")
            wanted = told[("/api/v1/alerts", "POST", "2xx")]
            watched.wait_for('carrel_http_request_duration_seconds_count{route="/api/v1/alerts",method="POST",code="2xx"}'
                             f" == {wanted}")
            with self.assertRaises(AssertionError):
                watched.wait_for("carrel_no_such_series", seconds=1)
            self.assertEqual(watched.query('ALERTS{alertstate="firing"}'), [])


if __name__ == "__main__":
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        print("prometheus is not installed")
        raise SystemExit(program.SKIPPED)
    program.main()
