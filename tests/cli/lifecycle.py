"""From the ready line to the last checkpoint."""
import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from carrel_program import NEEDS_IPV6, PROGRAM, Server, main, run


class Lifecycle(unittest.TestCase):
    def test_the_ready_line_is_the_only_output_and_requests_are_answered(self):
        with Server() as server:
            self.assertRegex(server.url, r"^http://127\.0\.0\.1:[1-9][0-9]*$")
            self.assertEqual(server.client().get("/health/live").json(), {"status": "alive"})
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.stdout.read(), "")
            self.assertEqual(server.stop(), 0)

    @NEEDS_IPV6
    def test_ipv6_is_written_with_brackets(self):
        with Server("--listen", "[::1]:0", "--database", "carrel.db", bare=True) as server:
            self.assertRegex(server.url, r"^http://\[::1\]:[1-9][0-9]*$")
            self.assertEqual(server.client().get("/health/live").status, 200)

    def test_both_signals_end_it_well_and_everything_is_in_the_one_file(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number), Server() as server:
                made = server.client().post("/api/v1/alerts", {"title": "kept", "severity": "low"})
                self.assertEqual(made.status, 201, made)
                self.assertEqual(server.stop(number), 0)
                left = sorted(path.name for path in server.directory.iterdir() if path.name != "server.log")
                self.assertEqual([name for name in left if name.endswith(("-wal", "-shm"))], [])
                with Server(directory=server.directory) as again:
                    self.assertEqual(again.client().get("/api/v1/alerts/" + made.json()["id"]).body, made.body)

    def test_files_are_for_their_owner_alone(self):
        with Server() as server:
            server.client().post("/api/v1/alerts", {"title": "private", "severity": "low"})
            for path in server.directory.iterdir():
                if path.name != "server.log":
                    self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_a_second_signal_ends_it_at_once(self):
        with Server("--drain-ms", "60000") as server:
            # A request that never ends holds the drain.
            client = server.client()
            client.connection.connect()
            client.connection.sock.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost:%d\r\n" % server.port
                                           + b"Content-Type: application/x-ndjson\r\nContent-Length: 100\r\n\r\n{}\n")
            self.assertEqual(server.client().get("/health/live").status, 200)
            server.process.send_signal(signal.SIGTERM)
            # Once connections are refused, the drain has begun.
            while self.accepts(server):
                pass
            self.assertIsNone(server.process.poll())
            server.process.send_signal(signal.SIGTERM)
            self.assertNotEqual(server.process.wait(30), 0)  # a half of what the drain may take
            client.close()

    def accepts(self, server):
        try:
            server.client().get("/health/live")
            return True
        except OSError:
            return False
        except Exception:
            return True

    def test_a_private_database_leaves_nothing(self):
        with Server("--listen", "127.0.0.1:0", "--database", ":memory:", bare=True) as server:
            self.assertEqual(server.client().post("/api/v1/alerts", {"title": "brief", "severity": "low"}).status, 201)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(os.listdir(server.directory), ["server.log"])

    def test_the_version_names_what_is_inside(self):
        ended = run("--version")
        self.assertEqual(ended.returncode, 0)
        for pattern in (r"^carrel \d+\.\d+\.\d+$", r"^Boost 1\.\d+\.\d+$", r"^SQLite 3\.\d+\.\d+ \(.+\)$", r"guarded|fixed"):
            self.assertTrue(re.search(pattern, ended.stdout, re.M), ended.stdout)

    def test_help_is_for_everyone(self):
        self.assertIn("serve", run("--help").stdout)
        for command in ("serve", "ingest", "check"):
            ended = run(command, "--help")
            self.assertEqual(ended.returncode, 0, command)
            self.assertIn("--database", ended.stdout)
        self.assertIn("--batch-jobs-max", run("serve", "--help").stdout)

    def test_a_closed_stdout_does_not_kill_it(self):
        with Server() as other:
            process = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--database", ":memory:"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=other.directory)
            process.stdout.readline()
            process.stdout.close()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30), 0)


    def test_sighup_takes_over_what_can_change_and_opens_the_log_anew(self):
        with Server("--config", "carrel.toml", "--log-file", "carrel.log", directory=self.with_settings("error")) as server:
            log, moved = server.directory / "carrel.log", server.directory / "carrel.log.1"
            log.rename(moved)
            (server.directory / "carrel.toml").write_text('log-level = "info"\n')
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(lambda: log.exists() and "SIGHUP" in log.read_text())
            self.assertEqual(moved.read_text(), "")
            self.assertEqual(server.client().get("/health/live").status, 200)
            (server.directory / "carrel.toml").write_text('log-level = "loud"\n')
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(lambda: "wrong" in log.read_text())
            self.assertEqual(server.stop(), 0)
            self.assertIn("stopped", log.read_text())

    def test_a_write_beyond_the_limit_of_a_files_size_finds_the_storage_full(self):
        with Server() as server:
            client = server.client()
            _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4 << 20, hard))
            lines = "".join('{"n":%d,"pad":"%s"}\n' % (i, os.urandom(500).hex()) for i in range(1_000))
            statuses = []
            while len(statuses) < 20 and statuses[-1:] in ([], [201]):
                statuses.append(client.post("/api/v1/events", lines, Content_Type="application/x-ndjson").status)
            self.assertEqual(statuses[-1], 507, statuses)
            self.assertEqual(client.get("/api/v1/events/count").json(), {"count": 1_000 * statuses.count(201)})
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
            self.assertEqual(client.post("/api/v1/events", "{}\n", Content_Type="application/x-ndjson").status, 201)
            self.assertEqual(server.stop(), 0)

    def with_settings(self, level):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="carrel-signals-"))
        self.addCleanup(shutil.rmtree, directory)
        (directory / "carrel.toml").write_text(f'log-level = "{level}"\n')
        return directory

    def wait_for(self, condition):
        until = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), until)

    def test_other_signals_that_would_kill_it_end_it_well(self):
        for number in (signal.SIGUSR1, signal.SIGQUIT, signal.SIGALRM):
            with self.subTest(signal=number), Server() as server:
                self.assertEqual(server.client().post("/api/v1/alerts", {"title": "kept", "severity": "low"}).status, 201)
                self.assertEqual(server.stop(number), 0)
                self.assertEqual([path.name for path in server.directory.glob("*-wal")], [])


main()
