"""The access log: what a line says, that it can be rotated, and that nothing about it holds the server up."""
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from carrel_program import PROGRAM, Client, Server, clean_environment, main, run

FILE, USAGE = 3, 2
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
COMBINED = re.compile(r'^(?P<client>\S+) - (?P<principal>\S+) \[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}|-) '
                      r'(?P<bytes>\d+) "-" "-" (?P<took>\d+) (?P<id>\S+) (?P<trace>\S+)(?P<cut> cut)?$')


def wait_for(condition, what="it"):
    until = time.monotonic() + 60
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"{what} does not happen")


class AccessLog(unittest.TestCase):
    def directory(self):
        made = pathlib.Path(tempfile.mkdtemp(prefix="carrel-access-"))
        self.addCleanup(shutil.rmtree, made)
        return made

    def lines(self, server, count, name="access.log"):
        path = server.directory / name
        wait_for(lambda: path.exists() and path.read_text().count("\n") >= count, f"line {count}")
        return path.read_text().splitlines()

    def test_streams_that_are_closed_are_not_taken_for_files(self):
        directory = self.directory()
        command = 'exec "$0" serve --listen 127.0.0.1:0 --database carrel.db --log-file log --access-log access.log <&- >&- 2>&-'
        server = subprocess.Popen(["bash", "-c", command, PROGRAM], cwd=directory, env=clean_environment())
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        log = directory / "log"
        wait_for(lambda: log.exists() and " at http://" in log.read_text(), "the first line")
        host, port = re.search(r" at http://([\d.]+):(\d+)", log.read_text()).groups()
        self.assertEqual(Client(host, int(port)).get("/health/live").status, 200)
        server.terminate()
        self.assertEqual(server.wait(60), 0)
        [line] = (directory / "access.log").read_text().splitlines()
        self.assertEqual(COMBINED.match(line)["request"], "GET /health/live HTTP/1.1")
        self.assertTrue(all(re.match(r"\d{4}-\d\d-\d\dT\S+ (info|warning) ", each) for each in log.read_text().splitlines()), log.read_text())

    def test_a_line_is_combined_and_says_who_what_and_how_long(self):
        directory = self.directory()
        database = directory / "carrel.db"
        run("user", "add", "root", "--role", "admin", "--database", database, stdin="Correct-horse-1\n")
        token = run("user", "token", "root", "--database", database).stdout.strip()
        flags = ("--access-log", "access.log", "--trusted-proxy", "127.0.0.1")
        with Server(*flags, directory=directory) as server:
            client = server.client()
            own = {"Authorization": f"Bearer {token}"}
            reply = client.get("/api/v1/alerts?limit=5&q=hidden", **own, X_Forwarded_For="192.0.2.7", X_Request_Id="mine.1",
                               traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
            self.assertEqual(reply.status, 200)
            client.get("/api/v1/alerts")
            client.request("HEAD", "/api/v1/alerts", headers=own)
            first, second, third = (COMBINED.match(line).groupdict() for line in self.lines(server, 3))
            self.assertEqual((first["client"], first["principal"]), ("192.0.2.7", "root"))
            self.assertEqual(first["request"], "GET /api/v1/alerts?limit=5&q=* HTTP/1.1")
            self.assertEqual((first["status"], int(first["bytes"])), ("200", len(reply.body)))
            self.assertEqual((first["id"], first["trace"], first["cut"]), ("mine.1", TRACE, None))
            self.assertLess(int(first["took"]), 30_000_000)
            at = datetime.datetime.strptime(first["time"], "%d/%b/%Y:%H:%M:%S %z")
            self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - at).total_seconds()), 60)
            self.assertEqual((second["client"], second["principal"], second["status"]), ("127.0.0.1", "-", "401"))
            self.assertEqual((third["request"], third["bytes"]), ("HEAD /api/v1/alerts HTTP/1.1", "0"))

    def test_objects_have_the_route_and_a_long_response_is_counted_whole(self):
        with Server("--access-log", "access.log", "--access-log-format", "json") as server:
            client = server.client()
            body = "".join('{"n":%d,"pad":"%s"}\n' % (i, "x" * 300) for i in range(5_000))
            self.assertEqual(client.post("/api/v1/events", body, Content_Type="application/x-ndjson").status, 201)
            export = client.get("/api/v1/events", Accept="application/x-ndjson")
            self.assertGreater(len(export.body), 1 << 20)
            client.get("/api/v1/alerts/none-such")
            stored, read, missing = map(json.loads, self.lines(server, 3))
            self.assertEqual((stored["method"], stored["status"], stored["route"]), ("POST", 201, "/api/v1/events"))
            self.assertEqual((read["bytes"], read["complete"]), (len(export.body), True))
            self.assertEqual((missing["target"], missing["route"], missing["status"]),
                             ("/api/v1/alerts/none-such", "/api/v1/alerts/{id}", 404))
            self.assertIsNone(missing["principal"])
            self.assertIsNone(missing["trace_id"])

    def test_a_client_that_goes_has_a_line_without_a_status(self):
        with Server("--access-log", "access.log", "--access-log-format", "json") as server:
            with socket.create_connection((server.host, server.port)) as raw:
                raw.sendall(b"POST /api/v1/alerts HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
                            % server.port + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
                self.assertIn(b" 100 ", raw.recv(4096))  # it knows what is wanted
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # the end is a reset
            line = json.loads(self.lines(server, 1)[0])
            self.assertEqual((line["status"], line["complete"], line["bytes"]), (None, False, 0))
            self.assertEqual(line["route"], "/api/v1/alerts")
            with socket.create_connection((server.host, server.port)) as raw:
                raw.sendall(b"nonsense\r\n\r\n")
                self.assertIn(b" 400 ", raw.recv(4096))
            line = json.loads(self.lines(server, 2)[1])
            self.assertEqual((line["status"], line["target"], line["complete"]), (400, None, True))

    def test_it_is_opened_anew_at_sighup_and_no_line_is_lost(self):
        with Server("--access-log", "access.log") as server:
            client = server.client()
            log, moved = server.directory / "access.log", server.directory / "access.log.1"
            client.get("/health/live?1")
            self.lines(server, 1)
            log.rename(moved)
            server.process.send_signal(signal.SIGHUP)
            wait_for(log.exists, "the new file")
            for _ in range(100):
                client.get("/health/live?2")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(len(moved.read_text().splitlines()) + len(log.read_text().splitlines()), 101)
            self.assertEqual(os.stat(log).st_mode & 0o777, 0o600)

    def test_a_full_disk_never_stops_serving(self):
        with Server("--access-log", "/dev/full") as server:
            client = server.client()
            for _ in range(200):
                self.assertEqual(client.get("/health/live").status, 200)
            wait_for(lambda: self.count(client, "lost") >= 200, "the loss")
            self.assertEqual(self.count(client, "written"), 0)
            # What is lost is counted first.
            wait_for(lambda: "the access log cannot be written" in server.log_text(), "the line of the log")
            self.assertEqual(server.log_text().count("the access log cannot be written"), 1)
            self.assertEqual(server.stop(), 0)

    def test_a_pipe_that_nobody_reads_never_stops_serving(self):
        directory = self.directory()
        os.mkfifo(directory / "pipe")
        reader = os.open(directory / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        with Server("--access-log", "pipe", directory=directory) as server:
            client = server.client()
            for _ in range(3_000):
                self.assertEqual(client.get("/health/live").status, 200)
            wait_for(lambda: self.count(client, "lost") > 0, "the loss")
            began = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - began, 20)

    def count(self, client, outcome):
        found = re.search(r'^carrel_access_log_lines_total\{outcome="%s"\} (\S+)$' % outcome, client.get("/metrics").body.decode(), re.M)
        return float(found[1])

    def test_it_can_be_the_standard_output(self):
        with Server("--access-log", "-") as server:
            server.client().get("/health/live")
            self.assertRegex(server.process.stdout.readline(), COMBINED)

    def test_it_is_off_unless_it_is_wanted(self):
        with Server() as server:
            self.assertNotIn(b"access_log", server.client().get("/metrics").body)
        with Server("--access-log", "off") as server:
            self.assertEqual([path.name for path in server.directory.iterdir() if path.name == "off"], [])
        for flags, status in ((("--access-log", "/no/such/folder/x"), FILE), (("--access-log", ""), USAGE),
                              (("--access-log-format", "xml"), USAGE)):
            ended = run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", *flags)
            self.assertEqual(ended.returncode, status, ended)

    def test_the_settings_file_has_it_too(self):
        directory = self.directory()
        (directory / "carrel.toml").write_text('access-log = "from-file.log"\naccess-log-format = "json"\n')
        with Server("--config", "carrel.toml", directory=directory) as server:
            server.client().get("/health/live")
            self.assertEqual(json.loads(self.lines(server, 1, "from-file.log")[0])["target"], "/health/live")


main()
