"""What is slow is logged with all that is known of it, as text and as JSON, and never with a value."""
import json
import unittest

from carrel_program import Server, main

SECRET = "planted-secret"
EVENTS = "".join('{"host":"%s","n":%d}\n' % (SECRET, each) for each in range(30_000))


class SlowLog(unittest.TestCase):
    def slow_lines(self, log_format):
        server = Server("--slow-statement-ms", "1", "--log-format", log_format)
        self.addCleanup(server.end)
        client = server.client()
        stored = client.request("POST", "/api/v1/events", EVENTS.encode(), {"Content-Type": "application/x-ndjson"})
        self.assertEqual(stored.status, 201)
        found = client.request("GET", f"/api/v1/events/count?q={SECRET}*%20NOT%20{SECRET}x", None, {"X-Request-Id": "slow-one"})
        self.assertEqual(found.status, 200)
        self.assertEqual(server.stop(), 0)
        text = server.log_text()
        self.assertNotIn(SECRET, text)
        lines = [line for line in text.splitlines() if "slow query" in line]
        self.assertTrue(lines, text)
        return lines

    def test_a_line_of_text_has_every_part(self):
        lines = [line for line in self.slow_lines("text") if "request_id slow-one" in line]
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], r"^\S+Z warning slow query: SELECT .*; lane background, run \d+\.\d{3} s, "
                                   r"waited \d+\.\d{3} s, rows \d+, request_id slow-one, route GET /api/v1/events/count")

    def test_a_line_of_json_has_every_part_as_a_member(self):
        lines = [json.loads(line) for line in self.slow_lines("json")]
        mine = [line for line in lines if line.get("request_id") == "slow-one"]
        self.assertEqual(len(mine), 1)
        line = mine[0]
        self.assertEqual(list(line)[:3], ["time", "level", "message"])
        self.assertEqual((line["level"], line["message"], line["lane"]), ("warning", "slow query", "background"))
        self.assertEqual(line["route"], "GET /api/v1/events/count")
        self.assertTrue(line["statement"].startswith("SELECT "), line)
        self.assertGreaterEqual(line["running_seconds"], 0.001)
        self.assertGreaterEqual(line["wait_seconds"], 0)
        self.assertIn("rows", line)
        self.assertTrue(line["plan"], line)

    def test_nothing_is_slow_where_the_setting_is_0(self):
        server = Server("--slow-statement-ms", "0")
        self.addCleanup(server.end)
        server.client().request("POST", "/api/v1/events", EVENTS.encode(), {"Content-Type": "application/x-ndjson"})
        self.assertEqual(server.stop(), 0)
        self.assertNotIn("slow query", server.log_text())


if __name__ == "__main__":
    main()
