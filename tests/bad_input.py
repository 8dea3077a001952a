"""What is wrong gets the code of the contract, and nothing changes. Usage: bad_input.py PROGRAM"""
import json
import socket
import unittest

from carrel_program import Server, main

SQL = ["'; DROP TABLE alerts; --", '" OR 1=1 --', "%' UNION SELECT sql FROM sqlite_schema --", "1); DELETE FROM events; --",
       "\\'; ATTACH 'x' AS y; --", "x' AND randomblob(1000000000) --", "*", "NEAR(a b)", 'a" OR "b', "(", "^", "-", "a AND"]
GOOD = {"title": "good", "severity": "low"}


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.client = cls.server.client()
        cls.alert = cls.client.post("/api/v1/alerts", GOOD | {"id": "kept", "tags": ["a"]}).json()
        cls.event = cls.client.post("/api/v1/events", {"Hostname": "h", "Message": "kept"}).json()["first_id"]
        assert cls.alert["id"] == "kept" and cls.event

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def content(self):
        client = self.server.client()
        return [client.get(path).body for path in (
            "/api/v1/alerts?count=true", "/api/v1/events?count=true", "/api/v1/alerts/stats", "/api/v1/alerts/kept/history")]

    def refused(self, status, code, method, path, body=None, headers=None, field=None):
        with self.subTest(method=method, path=path[:80], body=str(body)[:80]):
            reply = self.server.client().request(method, path, body, headers)
            self.assertEqual(reply.status, status, reply)
            problem = reply.json()
            self.assertEqual(reply.headers["Content-Type"], "application/problem+json")
            self.assertEqual((problem["type"], problem["status"]), ("/problems/" + code, status))
            self.assertEqual(problem["instance"], path.split("?")[0])
            self.assertEqual(problem["request_id"], reply.headers["X-Request-Id"])
            for secret in ("SELECT", "INSERT", "sqlite", str(self.server.directory)):
                self.assertNotIn(secret, json.dumps({name: problem.get(name) for name in ("title", "detail")}))
            if field is not None:
                self.assertIn(field, [error.get("field", "").split("[")[0] for error in problem["errors"]])

    def setUp(self):
        self.before = self.content()

    def tearDown(self):
        self.assertEqual(self.content(), self.before)
        self.assertIsNone(self.server.process.poll())

    def test_broken_json(self):
        for body in ("", "{", '{"title":', "[1,2", "nul", '{"a":1}x', '{"a":01}', '{"a":"\x01"}', '{"a":"\\x"}',
                     b'{"title":"\xff\xfe"}', "{'a':1}"):
            self.refused(400, "bad_request", "POST", "/api/v1/alerts", body)
            self.refused(400, "bad_request", "PATCH", "/api/v1/alerts/kept", body)
        self.refused(400, "bad_request", "POST", "/api/v1/events", '{"a":')

    def test_wrong_types_and_values(self):
        for field, values in {
                "title": [1, None, [], "", "x" * 201], "severity": ["urgent", 3, "LOW", None], "description": [1, {}],
                "tags": ["a", [1], ["x" * 101], ["t"] * 51], "event_ids": ["a", [1], ["none-such"], ["e"] * 1001],
                "risk_score": ["9", 101, -1, 1.5], "disposition": ["maybe", 1], "assigned_to": [5], "fingerprint": [[]],
                "id": ["", "a b", "x" * 129, 5, "a/b"], "rule_id": [7]}.items():
            for value in values:
                self.refused(422, "invalid", "POST", "/api/v1/alerts", GOOD | {field: value}, field=field)
        for body in ([], "text", 5):
            self.refused(422, "invalid", "POST", "/api/v1/alerts", json.dumps(body))

    def test_missing_unknown_and_double_fields(self):
        self.refused(422, "invalid", "POST", "/api/v1/alerts", {"severity": "low"}, field="title")
        self.refused(422, "invalid", "POST", "/api/v1/alerts", {"title": "x"}, field="severity")
        self.refused(422, "invalid", "POST", "/api/v1/alerts", GOOD | {"colour": "red"}, field="colour")
        self.refused(422, "invalid", "POST", "/api/v1/alerts", '{"title":"a","severity":"low","title":"b"}', field="title")
        self.refused(422, "invalid", "PATCH", "/api/v1/alerts/kept", {"status": "closed"}, field="status")
        self.refused(422, "invalid", "PATCH", "/api/v1/alerts/kept", {"id": "other"}, field="id")
        self.refused(422, "invalid", "POST", "/api/v1/alerts/kept/status", {"status": "gone"}, field="status")

    def test_unknown_and_bad_parameters(self):
        for query in ("colour=red", "limit=0", "limit=1001", "limit=x", "limit=-1", "sort=title", "sort=", "cursor=x",
                      "cursor=AAAA", "count=maybe", "from=yesterday", "to=2026-13-01T00:00:00Z", "from=1"):
            self.refused(400, "bad_request", "GET", "/api/v1/alerts?" + query)
            self.refused(400, "bad_request", "GET", "/api/v1/events?" + query)
        for query in ("interval=2x", "", "interval=1h&x=y"):
            self.refused(400, "bad_request", "GET", "/api/v1/events/histogram?" + query)

    def test_a_cursor_of_another_list(self):
        self.assertEqual(self.client.post("/api/v1/alerts", GOOD | {"id": "spare"}).status, 201)
        cursor = self.client.get("/api/v1/alerts?limit=1").json()["next"]
        self.assertIsNotNone(cursor)
        self.refused(400, "bad_request", "GET", "/api/v1/events?limit=1&cursor=" + cursor)
        self.refused(400, "bad_request", "GET", "/api/v1/alerts?limit=1&sort=severity&cursor=" + cursor)
        for i in range(0, len(cursor), 5):
            other = "A" if cursor[i] != "A" else "B"
            self.assertIn(self.client.get("/api/v1/alerts?limit=1&cursor=" + cursor[:i] + other + cursor[i + 1:]).status,
                          (200, 400))
        self.assertEqual(self.client.request("DELETE", "/api/v1/alerts/spare").status, 204)

    def test_wrong_media_types(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
            self.refused(415, "unsupported_media_type", "POST", "/api/v1/alerts", json.dumps(GOOD), {"Content-Type": kind})
        self.refused(415, "unsupported_media_type", "POST", "/api/v1/events", "{}", {"Content-Type": "text/csv"})

    def test_large_bodies(self):
        large = json.dumps(GOOD | {"description": "x" * 10_000_000})
        self.refused(413, "too_large", "POST", "/api/v1/alerts", large)
        self.refused(413, "too_large", "PATCH", "/api/v1/alerts/kept", large)

    def test_stale_versions_taken_ids_and_illegal_steps(self):
        for version in ('"99"', '"0"'):
            self.refused(412, "stale_version", "PATCH", "/api/v1/alerts/kept", {"title": "x"}, {"If-Match": version})
            self.refused(412, "stale_version", "DELETE", "/api/v1/alerts/kept", None, {"If-Match": version})
        self.refused(409, "conflict", "POST", "/api/v1/alerts", GOOD | {"id": "kept"})
        for status in ("investigating", "resolved", "escalated", "pending"):
            self.refused(409, "illegal_transition", "POST", "/api/v1/alerts/kept/status", {"status": status})

    def test_what_is_not_there(self):
        for path in ("/api/v1/alerts/none", "/api/v1/events/none", "/api/v1/nothing", "/nothing", "/api/v2/alerts",
                     "/api/v1/alerts/kept/nothing"):
            self.refused(404, "not_found", "GET", path)
        self.refused(404, "not_found", "GET", "/assets/none/app.js", None, {"Accept": "text/html"})
        self.refused(404, "not_found", "PATCH", "/api/v1/alerts/none", {"title": "x"})
        self.refused(404, "not_found", "DELETE", "/api/v1/alerts/none")
        self.refused(404, "not_found", "POST", "/api/v1/alerts/none/status", {"status": "closed"})
        self.refused(405, "method_not_allowed", "DELETE", "/api/v1/events/" + self.event)
        self.refused(405, "method_not_allowed", "PUT", "/api/v1/alerts", GOOD)

    def test_foreign_hosts_and_origins(self):
        self.refused(421, "forbidden_host", "GET", "/api/v1/alerts", None, {"Host": "evil.example"})
        reply = self.server.client().request("POST", "/api/v1/alerts", GOOD, {"Origin": "http://evil.example"})
        self.assertEqual(reply.status, 403, reply)

    def test_a_body_cut_half_way(self):
        head = (f"POST /api/v1/%s HTTP/1.1\r\nHost: localhost:{self.server.port}\r\nContent-Type: %s\r\n"
                "Content-Length: 1000\r\n\r\n%s")
        for what in (("alerts", "application/json", '{"title":"cut","sev'),
                     ("events", "application/x-ndjson", '{"Message":"cut')):
            with socket.create_connection((self.server.host, self.server.port), timeout=30) as raw:
                raw.sendall((head % what).encode())
                raw.shutdown(socket.SHUT_WR)
                answer = b""
                while chunk := raw.recv(65536):
                    answer += chunk
            self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), (what, answer[:200]))

    def test_sql_in_every_string(self):
        for text in SQL:
            with self.subTest(text=text):
                made = self.client.post("/api/v1/alerts", {
                    "title": text, "severity": "low", "description": text, "tags": [text], "assigned_to": text,
                    "fingerprint": "f" + text})
                self.assertEqual(made.status, 201, made)
                alert = made.json()
                self.assertEqual((alert["title"], alert["tags"], alert["assigned_to"]), (text, [text], text))
                for name in ("assigned_to", "tag"):
                    found = self.client.get("/api/v1/alerts", {name: text}).json()["items"]
                    self.assertEqual([item["id"] for item in found], [alert["id"]], name)
                for path in ("/api/v1/alerts", "/api/v1/events"):
                    self.assertIn(self.client.get(path, {"q": text}).status, (200, 400))
                for name in ("host", "source", "field.Message", "field." + text):
                    reply = self.client.get("/api/v1/events", {name: text})
                    self.assertIn((reply.status, reply.json().get("items")), [(200, []), (400, None)], name)
                self.assertEqual(self.client.request("DELETE", "/api/v1/alerts/" + alert["id"]).status, 204)


main()
