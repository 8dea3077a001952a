"""Secrets of every kind pass through good and bad requests, at the most verbose settings: none is in the log, the access log, the
traces or the metrics. The same search must find what is no secret, or it would find nothing at all."""
import base64
import json
import pathlib
import re
import socket
import tempfile
import unittest

from carrel_program import Server, clean_environment, main, run
from collector import Collector

PASSWORD, WRONG, NEW = "Correct-horse-1", "Wrong-donkey-22", "Another-horse-333"
CODE = "731946"
VISIBLE = "seen-by-all"


def is_in(secret, text):
    """Six digits may be part of a time, an id or a sum by chance: a code is found where it stands by itself, or behind an escaped byte."""
    if secret != CODE:
        return secret.encode() in text
    return re.search(rb"(?:(?<!\w)(?<!\d\.)|%%[0-9A-Fa-f]{2})%s(?!\w|\.\d)" % CODE.encode(), text) is not None


class Search(unittest.TestCase):
    def test_a_code_is_found_but_for_chance(self):
        for text in (CODE, f'"code":"{CODE}"', f"?code={CODE}&x", f"/x?code%3D{CODE} HTTP/1.1", f"it was {CODE}.", f"%22{CODE}%22"):
            self.assertTrue(is_in(CODE, text.encode()), text)
        for text in (f"12:00:00.{CODE}Z", f"sum 0.{CODE}", f"4bf{CODE}577b", f"1{CODE}", f"{CODE}.5", f"{CODE}Z"):
            self.assertFalse(is_in(CODE, text.encode()), text)
        self.assertTrue(is_in(PASSWORD, b"x" + PASSWORD.encode() + b"1"))


class NoSecrets(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-no-secrets-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = pathlib.Path(self.temporary.name)
        self.planted = {PASSWORD, WRONG, NEW, CODE}
        self.number = 0

    def secret(self):
        """One more that is like no other."""
        self.number += 1
        made = f"pl4nted{self.number:03d}secret"
        self.planted.add(made)
        return made

    def send(self, server, method, path, body=None, **headers):
        client = server.client()
        reply = client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        client.close()
        return reply

    def send_raw(self, server, text):
        with socket.create_connection((server.host, server.port)) as raw:
            raw.sendall(text.encode())
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass

    def log_ins(self, server):
        self.send(server, "POST", "/api/v1/auth/login", {"username": "root", "password": WRONG})
        self.send(server, "POST", "/api/v1/auth/login", {"username": self.secret(), "password": self.secret()})
        self.send(server, "POST", "/api/v1/auth/login", '{"username":"root","password":"' + self.secret())
        self.send(server, "POST", f"/api/v1/auth/login?password={self.secret()}", {"username": "root", "password": WRONG})
        self.send(server, "POST", "/api/v1/auth/setup", {"token": self.secret(), "username": "x", "password": self.secret()})
        reply = self.send(server, "POST", "/api/v1/auth/login", {"username": "root", "password": PASSWORD})
        self.assertEqual(reply.status, 200, reply)
        cookie, csrf = reply.headers["Set-Cookie"].split(";")[0], reply.json()["csrf_token"]
        self.planted |= {cookie.split("=")[1], csrf}
        own = {"Cookie": cookie, "X-CSRF-Token": csrf}
        totp = self.send(server, "POST", "/api/v1/auth/totp", {"current_password": PASSWORD}, **own)
        self.planted.add(totp.json()["secret"])
        self.send(server, "POST", "/api/v1/auth/totp/confirm", {"code": CODE}, **own)
        self.send(server, "POST", f"/api/v1/auth/totp/confirm?code={CODE}", {"code": CODE}, **own)
        changed = self.send(server, "POST", "/api/v1/auth/password", {"current_password": PASSWORD, "password": NEW}, **own)
        self.assertEqual(changed.status, 204, changed)
        return own

    def credentials(self, server, own):
        token = self.token
        basic = base64.b64encode(f"user:{token}".encode()).decode()
        broken = base64.b64encode(f"user:{self.secret()}".encode()).decode()
        self.planted |= {token, token.split("_", 2)[2], basic, broken}
        for value in (f"Bearer {token}", f"bearer {token[:-1]}x", f"Basic {basic}", f"Basic {broken}", f"ApiKey {basic}",
                      f"Splunk {token}", f"Bearer {self.secret()}", self.secret(), f"Bearer {self.secret()} {self.secret()}"):
            self.send(server, "GET", "/api/v1/alerts", Authorization=value)
            self.send(server, "GET", f"/api/v1/{VISIBLE}", Authorization=value)
        self.send(server, "GET", "/api/v1/alerts", Cookie=f"carrel_session={self.secret()}; other={self.secret()}")
        self.send(server, "POST", "/api/v1/alerts", {"title": "t", "severity": "low"},
                  **{**own, "X-CSRF-Token": self.secret()})
        self.send(server, "GET", "/api/v1/alerts", **own, Idempotency_Key=self.secret(), X_Api_Key=self.secret())
        self.send(server, "POST", "/api/v1/alerts", {"title": "t", "severity": "low"}, **own, Idempotency_Key=self.secret())
        self.send(server, "GET", "/api/v1/alerts", **own, traceparent=self.secret(), tracestate=f"a={self.secret()}")
        self.send(server, "GET", "/api/v1/alerts", **own, Referer=f"http://x/?token={self.secret()}", User_Agent=self.secret())
        self.send(server, "GET", "/api/v1/alerts", **own, Origin=f"https://{self.secret()}.example", X_Request_Id="a b " + self.secret())

    def targets(self, server, own):
        for path in ("/api/v1/alerts?access_token={}", "/api/v1/alerts?token={}&limit=2", "/api/v1/events?q={}", "/api/v1/events?limit={}",
                     "/api/v1/events?from={}", "/api/v1/alerts?{}", "/api/v1/alerts?{}=", "/api/v1/alerts?status=%ZZ{}",
                     "/api/v1/alerts;token={}", "/api/v1/alerts%3Ftoken={}", "/nowhere?token={}", "/services/collector?token={}",
                     "/health/live?{}", "/metrics?key={}", "/?setup={}", f"/{VISIBLE}?limit={{}}"):
            for headers in (own, {}):
                self.send(server, "GET", path.format(self.secret()), **headers)
        self.send(server, "POST", f"/services/collector/event?token={self.secret()}", {"event": self.secret()})
        for line in (f"GET http://root:{self.secret()}@localhost/api/v1/alerts HTTP/1.1", f"GET //root:{self.secret()}@localhost/ HTTP/1.1",
                     f"GET {self.secret()} HTTP/1.1", f"CONNECT root:{self.secret()}@host:1 HTTP/1.1", f"{self.secret()} / HTTP/1.1",
                     f"GET / HTTP/1.1\r\nAuthorization Bearer {self.secret()}", f"GET /?{self.secret()} HTTP/9.9",
                     f"OPTIONS *?{self.secret()} HTTP/1.1"):
            self.send_raw(server, f"{line}\r\nHost: localhost:{server.port}\r\n\r\n")
        self.send_raw(server, f"GET /api/v1/alerts HTTP/1.1\r\nHost: {self.secret()}\r\n\r\n")
        self.send_raw(server, f"GET /?token={self.secret()}")

    def stored_secrets(self, server, own):
        for type_, config in (
                ("slack", {"webhook_url": f"http://127.0.0.1:9/hooks/{self.secret()}"}),
                ("slack", {"webhook_url": f"http://root:{self.secret()}@127.0.0.1:9/"}),
                ("webhook", {"url": f"http://root:{self.secret()}@127.0.0.1:9/x"}),
                ("webhook", {"url": f"http://127.0.0.1:9/x?key={self.secret()}", "secret_headers": {"X-Key": self.secret()}}),
                ("webhook", {"url": "http://127.0.0.1:9/x", "secret_headers": {"X-Key\n": self.secret()}}),
                ("jira", {"base_url": "http://127.0.0.1:9", "project": "P", "token": self.secret()}),
                ("email", {"smtp_host": "127.0.0.1", "password": self.secret()})):
            made = self.send(server, "POST", "/api/v1/actions", {"type": type_, "config": config}, **own)
            if made.status != 201:
                continue
            begun = self.send(server, "POST", f"{made.headers['Location']}/test", b"", **own)
            self.assertEqual(begun.status, 202, begun)
            for _ in range(1_000):
                if self.send(server, "GET", begun.headers["Location"], **own).json()["state"] in ("failed", "succeeded"):
                    break
        self.send(server, "POST", "/api/v1/feeds", {"type": "http", "name": "f", "config": {
            "url": f"http://root:{self.secret()}@127.0.0.1:9/"}, "secret": self.secret()}, **own)

    def texts(self, server, collector):
        """Whatever the server has logged or exported of its requests."""
        yield "metrics", self.send(server, "GET", "/metrics", Authorization="Bearer " + self.token).body
        self.assertEqual(server.stop(), 0)
        for name in ("server.log", "access.log"):
            yield name, (self.directory / name).read_bytes()
        self.assertEqual(collector.faults, [])
        yield "traces", b"\n".join(body for _, _, _, body, _ in collector.requests)

    def check(self, *flags):
        database = self.directory / "carrel.db"
        run("user", "add", "root", "--role", "admin", "--database", database, stdin=PASSWORD + "\n")
        self.token = run("user", "token", "root", "--database", database).stdout.strip()
        with Collector() as collector:
            env = clean_environment(OTEL_BSP_SCHEDULE_DELAY="50")
            with Server("--log-level", "debug", "--login-rate", "0", "--access-log", "access.log", "--otlp-endpoint", collector.url,
                        "--allow-private-actions", "--slow-statement-ms", "1", *flags, directory=self.directory, env=env) as server:
                own = self.log_ins(server)
                self.credentials(server, own)
                self.targets(server, own)
                self.stored_secrets(server, own)
                texts = dict(self.texts(server, collector))
        found = {secret: [name for name, text in texts.items() if is_in(secret, text)] for secret in self.planted}
        self.assertEqual({secret: names for secret, names in found.items() if names}, {})
        for name in ("access.log", "traces"):
            self.assertIn(VISIBLE.encode(), texts[name], f"the search finds nothing in {name}")
        self.assertIn(b"carrel ", texts["server.log"])
        self.assertGreater(self.number, 70)

    def test_texts(self):
        self.check()

    def test_objects(self):
        self.check("--log-format", "json", "--access-log-format", "json")


main()
