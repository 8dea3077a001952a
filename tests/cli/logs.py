"""What a line of the log looks like in each form, which request it belongs to, and that no client fills the log."""
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import tempfile
import time
import unittest

from carrel_program import Server, clean_environment, main, run

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


class Case(unittest.TestCase):
    def directory(self):
        made = pathlib.Path(tempfile.mkdtemp(prefix="carrel-logs-"))
        self.addCleanup(shutil.rmtree, made)
        return made

    def fill_storage(self, server, **headers):
        """Has a write of a request fail in a way that the operator must know of: its storage is full."""
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        size = max(path.stat().st_size for path in server.directory.iterdir())
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + (64 << 10), hard))
        lines = "".join('{"n":%d,"pad":"%s"}\n' % (i, os.urandom(500).hex()) for i in range(500))
        client = server.client()
        for _ in range(20):
            if self.post(client, lines, **headers).status == 507:
                return client, lines
        self.fail("the storage does not get full")

    def empty_storage(self, server):
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def post(self, client, lines, **headers):
        return client.post("/api/v1/events", lines, Content_Type="application/x-ndjson", **headers)


class Forms(Case):
    def test_text_has_time_and_level_and_the_request_with_its_trace(self):
        with Server() as server:
            self.fill_storage(server, X_Request_Id="upload-7", traceparent=f"00-{TRACE}-00f067aa0ba902b7-00")
            lines = server.log_text().splitlines()
            for line in lines:
                self.assertRegex(line, rf"^{TIME} (info|warning|error) ")
            self.assertTrue([line for line in lines if f" error request upload-7 of trace {TRACE}: " in line], lines)

    def test_objects_name_the_request_in_members(self):
        with Server("--log-format", "json") as server:
            self.fill_storage(server, X_Request_Id="upload-7", traceparent=f"00-{TRACE}-00f067aa0ba902b7-00")
            objects = [json.loads(line) for line in server.log_text().splitlines()]
            own = [each for each in objects if each.get("request_id") == "upload-7"]
            self.assertTrue(own, objects)
            self.assertEqual((own[0]["level"], own[0]["trace_id"]), ("error", TRACE))
            self.assertNotIn("upload-7", own[0]["message"])
            self.assertNotIn("request_id", objects[0])

    def test_the_journal_gets_priorities_and_no_time(self):
        directory = self.directory()
        (directory / "server.log").touch()
        about = (directory / "server.log").stat()
        env = clean_environment(JOURNAL_STREAM=f"{about.st_dev}:{about.st_ino}")
        with Server(directory=directory, env=env) as server:
            self.fill_storage(server, X_Request_Id="upload-7")
            self.empty_storage(server)
            self.assertEqual(server.stop(), 0)
            lines = server.log_text().splitlines()
        for line in lines:
            self.assertRegex(line, r"^<[346]>[^ ]")
            self.assertNotRegex(line, rf"^<.>({TIME}|info|error)")
        self.assertTrue([line for line in lines if line.startswith("<6>carrel ")], lines)
        self.assertTrue([line for line in lines if line.startswith("<3>request upload-7: ")], lines)

    def test_a_stream_that_is_not_the_journals_is_as_ever(self):
        directory = self.directory()
        (directory / "server.log").touch()
        about = (directory / "server.log").stat()
        for stream in (f"{about.st_dev}:{about.st_ino + 1}", "nonsense", ""):
            with Server(directory=directory, env=clean_environment(JOURNAL_STREAM=stream)) as server:
                self.assertRegex(server.log_text(), rf"(?m)^{TIME} info carrel ")
                server.stop()
            (directory / "server.log").write_text("")

    def test_the_flag_says_so_too_and_a_file_is_not_the_journal(self):
        with Server("--log-format", "journal", "--log-file", "carrel.log") as server:
            self.assertRegex((server.directory / "carrel.log").read_text(), r"(?m)^<6>carrel ")
        directory = self.directory()
        (directory / "server.log").touch()
        about = (directory / "server.log").stat()
        env = clean_environment(JOURNAL_STREAM=f"{about.st_dev}:{about.st_ino}")
        with Server("--log-file", "carrel.log", directory=directory, env=env) as server:
            self.assertRegex((server.directory / "carrel.log").read_text(), rf"(?m)^{TIME} info carrel ")


class Repeats(Case):
    """Whatever a client does again and again, the log gets a few lines a minute of it."""
    LINES_MAX = 5

    def setUp(self):
        self.began = time.monotonic()

    def kinds(self, server, before=0):
        """How often each kind of line is there: without words that have a digit, and without the id of a request."""
        counts = {}
        for line in server.log_text().splitlines()[before:]:
            text = re.sub(r"request \S+( of trace \S+)?: ", "", line.split(" ", 1)[1])
            if "within a minute)" in text:
                continue
            kind = " ".join("#" if any(c.isdigit() for c in word) else word for word in text.split())
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def check(self, server, before=0):
        counts = self.kinds(server, before)
        minutes = 1 + int(time.monotonic() - self.began) // 60
        self.assertLessEqual(max(counts.values(), default=0), self.LINES_MAX * minutes, counts)
        return counts

    def test_failures_of_requests_are_limited_whatever_their_ids_are(self):
        with Server() as server:
            client, lines = self.fill_storage(server, X_Request_Id="x")
            alphabet = "abcdefghijklmnopqrstuvwxyz"
            failed = 0
            for i in range(400):
                name = "id" + alphabet[i // 26 % 26] + alphabet[i % 26]
                failed += self.post(client, lines, X_Request_Id=name).status == 507
            self.assertGreater(failed, 300)
            counts = self.check(server)
            self.assertTrue(counts)
            self.empty_storage(server)
            self.assertEqual(server.stop(), 0)
            self.assertRegex(server.log_text(), r"\(\d{3} more like it within a minute\)")

    def test_refused_requests_say_nothing(self):
        with Server("--log-level", "debug") as server:
            before = len(server.log_text().splitlines())
            client = server.client()
            for i in range(100):
                self.assertEqual(client.get(f"/nowhere/{i}").status, 404)
                self.assertEqual(client.post("/api/v1/alerts", "{").status, 400)
                self.assertEqual(client.get("/api/v1/alerts", Host="elsewhere.example").status, 421)
                with socket.create_connection((server.host, server.port)) as raw:
                    raw.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
                    self.assertIn(b" 400 ", raw.recv(4096))
            # On a busy machine the server's own reads may wait, or take long, which is said.
            lines = server.log_text().splitlines()[before:]
            self.assertEqual([line for line in lines if "exhaust" not in line and "slow query" not in line], [])

    def test_wrong_handshakes_and_passwords_are_limited(self):
        directory = self.directory()
        made = run("cert", "--cert", directory / "c.crt", "--key", directory / "c.key")
        self.assertEqual(made.returncode, 0, made)
        run("user", "add", "root", "--role", "admin", "--database", directory / "carrel.db", stdin="Correct-horse-1\n")
        with Server("--tls-cert", str(directory / "c.crt"), "--tls-key", str(directory / "c.key"), "--log-level", "debug",
                    directory=directory) as server:
            before = len(server.log_text().splitlines())
            for first in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x00" * 20, b""):
                for _ in range(50):
                    with socket.create_connection((server.host, server.port)) as raw:
                        raw.sendall(first)
                        raw.shutdown(socket.SHUT_WR)
                        while raw.recv(4096):
                            pass
            self.check(server, before)

    def test_overload_is_limited(self):
        with Server("--connections-max", "8", "--log-level", "debug", "--address-rate", "1") as server:
            before = len(server.log_text().splitlines())
            held = []
            for _ in range(8):
                held.append(socket.create_connection((server.host, server.port)))
                held[-1].sendall(b"GET /health/live HTTP/1.1\r\n")  # busy: half a head
            statuses = set()
            for _ in range(200):
                with socket.create_connection((server.host, server.port)) as raw:
                    try:
                        raw.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        statuses.add(raw.recv(4096)[9:12])
                    except ConnectionError:
                        pass
            self.assertIn(b"503", statuses)
            self.check(server, before)
            for each in held:
                each.close()


main()
