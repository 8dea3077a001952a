"""The server on a disk that fails: what clients are answered, and what is true afterwards. Usage: server_disk.py PROGRAM BAD-DISK-LIBRARY"""
import contextlib
import hashlib
import http.server
import os
import pathlib
import sqlite3
import sys
import tempfile
import threading
import time
import unittest

from carrel_program import Server, clean_environment, main, run
from service_manager import Manager

LIBRARY = sys.argv[2]
ALERT = {"title": "on a bad disk", "severity": "low"}


@contextlib.contextmanager
def webhook():
    """A server that answers when it may. Gives its URL, what tells that it was called, and what lets it answer."""
    is_called, may_answer = threading.Event(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            is_called.set()
            may_answer.wait(60)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", is_called, may_answer
        finally:
            may_answer.set()
            server.shutdown()
            thread.join()


class BadDisk(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.copies = tempfile.TemporaryDirectory()
        self.addCleanup(self.copies.cleanup)
        self.server = Server("--backup-directory", self.copies.name,
                             env=clean_environment(LD_PRELOAD=LIBRARY, CARREL_TEST_BAD_DISK=self.folder.name))
        self.client = self.server.client()
        self.kept = [self.make().json()["id"] for _ in range(5)]

    def tearDown(self):
        self.server.end()
        self.folder.cleanup()

    def fail(self, how):
        pathlib.Path(self.folder.name, how).touch()

    def heal(self, how):
        pathlib.Path(self.folder.name, how).unlink()

    def make(self):
        return self.client.post("/api/v1/alerts", ALERT)

    def assert_reads_go_on(self):
        for alert in self.kept:
            self.assertEqual(self.client.get("/api/v1/alerts/" + alert).status, 200)
        self.assertEqual(self.client.get("/api/v1/alerts/count").status, 200)

    def problem(self, reply):
        return reply.status, reply.json()["type"]

    def test_a_copy_without_a_server_that_has_no_room_is_told_and_leaves_nothing(self):
        self.assertEqual(self.server.stop(), 0)
        self.fail("copy-no-space")
        copy = pathlib.Path(self.copies.name, "copy.db")
        done = run("backup", copy, "--database", self.server.database,
                   env=clean_environment(LD_PRELOAD=LIBRARY, CARREL_TEST_BAD_DISK=self.folder.name))
        self.assertEqual((done.returncode, "there is no room for the copy" in done.stderr), (1, True), done)
        self.assertEqual(os.listdir(self.copies.name), [])

    def test_a_failed_sync_is_unknown_and_nothing_is_acknowledged_ever_after(self):
        self.assertEqual(self.client.get("/health/ready").status, 200)
        # The server commits something of its own now and then: with clients waiting all the time, some are in every commit.
        replies, acknowledged, clients = [], [], []
        is_acknowledged = threading.Event()

        def send():
            client = self.server.client()
            while (reply := client.post("/api/v1/alerts", ALERT)).status == 201:
                acknowledged.append(reply.json()["id"])
                is_acknowledged.set()
            replies.append(reply)

        for _ in range(8):
            clients.append(threading.Thread(target=send))
            clients[-1].start()
        self.assertTrue(is_acknowledged.wait(60))
        self.fail("no-sync")
        for client in clients:
            client.join()
        told = {self.problem(reply) for reply in replies}
        self.assertLessEqual(told, {(500, "/problems/outcome_unknown"), (503, "/problems/overloaded")})
        self.assertIn((500, "/problems/outcome_unknown"), told)
        self.heal("no-sync")
        for _ in range(3):
            refused = self.make()
            self.assertEqual(self.problem(refused), (503, "/problems/overloaded"))
            self.assertIn("Retry-After", refused.headers)
        ready = self.client.get("/health/ready")
        self.assertEqual((ready.status, ready.json()["checks"]), (503, {"writer": "failed", "readers": "ok"}))
        self.assert_reads_go_on()
        self.assertNotEqual(self.server.stop(), 0)
        self.assertIn("outcome is unknown", self.server.log_text())

        with Server(directory=self.server.directory) as again:
            client = again.client()
            self.kept += acknowledged
            for alert in self.kept:
                self.assertEqual(client.get("/api/v1/alerts/" + alert).status, 200)
            unknown = sum(1 for reply in replies if reply.status == 500)
            self.assertLessEqual(client.get("/api/v1/alerts/count").json()["count"], len(self.kept) + unknown)
            self.assertEqual(client.post("/api/v1/alerts", ALERT).status, 201)
            self.assertEqual(client.get("/health/ready").status, 200)

    def test_the_watchdog_hears_no_more_of_a_writer_that_needs_a_restart(self):
        with Manager() as manager, tempfile.TemporaryDirectory() as disk:
            env = manager.environment(LD_PRELOAD=LIBRARY, CARREL_TEST_BAD_DISK=disk, WATCHDOG_USEC="100000")
            with Server(env=env) as server:
                manager.until("READY")
                manager.until("WATCHDOG")
                pathlib.Path(disk, "no-sync").touch()
                self.assertEqual(server.client().post("/api/v1/alerts", ALERT).status, 500)
                until = time.monotonic() + 60
                while "the watchdog is not told" not in server.log_text():
                    self.assertLess(time.monotonic(), until)
                manager.socket.setblocking(False)
                with self.assertRaises(BlockingIOError):  # what it was told before
                    while True:
                        manager.next()
                manager.socket.settimeout(1)  # ten intervals
                with self.assertRaises(TimeoutError):
                    manager.next()
                self.assertEqual(server.client().get("/health/live").status, 200)

    def test_a_full_disk_refuses_writes_until_there_is_space(self):
        self.fail("no-space")
        for _ in range(3):
            self.assertEqual(self.problem(self.make()), (507, "/problems/storage_full"))
        events = self.client.post("/api/v1/events", '{"a":1}\n{"a":2}', Content_Type="application/x-ndjson")
        self.assertEqual(self.problem(events), (507, "/problems/storage_full"))
        self.assertEqual(events.json()["accepted"], 0)
        self.assert_reads_go_on()
        self.assertEqual(self.client.get("/api/v1/alerts/count").json(), {"count": 5})
        self.heal("no-space")
        self.assertEqual(self.make().status, 201)
        self.assertEqual(self.client.get("/api/v1/alerts/count").json(), {"count": 6})
        self.assertEqual(self.client.get("/api/v1/events/count").json(), {"count": 0})
        self.assertEqual(self.server.stop(), 0)

    def unfinished(self):
        with contextlib.closing(sqlite3.connect(self.server.database)) as file:
            return file.execute("SELECT count(*) FROM blobs WHERE state = 0").fetchone()[0]

    def started_again(self):
        return Server(directory=self.server.directory,
                      env=clean_environment(LD_PRELOAD=LIBRARY, CARREL_TEST_BAD_DISK=self.folder.name))

    def test_a_start_on_a_full_disk_works_and_reads_go_on(self):
        self.assertEqual(self.server.stop(), 0)
        self.fail("no-space")
        self.server = self.started_again()
        self.client = self.server.client()
        self.assert_reads_go_on()
        self.assertEqual(self.problem(self.make()), (507, "/problems/storage_full"))
        self.heal("no-space")
        self.assertEqual(self.make().status, 201)
        self.assertEqual(self.server.stop(), 0)

    def test_so_it_does_where_an_upload_was_cut_off(self):
        body = os.urandom(6 << 20)

        def pieces():
            yield body
            until = time.monotonic() + 60
            while self.unfinished() == 0:
                self.assertLess(time.monotonic(), until)
            self.server.process.kill()
            self.server.process.wait()
            yield body

        with self.assertRaises(OSError):
            self.upload(pieces())
        self.fail("no-space")
        self.server = self.started_again()
        self.client = self.server.client()
        self.assert_reads_go_on()
        self.assertIn("unfinished uploads stay until the next start: database or disk is full", self.server.log_text())
        self.assertEqual(self.server.stop(), 0)
        self.heal("no-space")
        with Server(directory=self.server.directory) as again:
            self.assertEqual(again.stop(), 0)
            self.assertEqual(self.unfinished(), 0)

    def test_without_room_for_the_index_of_the_wal_a_start_says_that_the_disk_is_full(self):
        self.assertEqual(self.server.stop(), 0)
        self.fail("index-no-space")
        with self.assertRaisesRegex(RuntimeError, "database or disk is full"):
            self.started_again()
        self.heal("index-no-space")
        with Server(directory=self.server.directory) as again:
            self.assertEqual(again.client().get("/api/v1/alerts/" + self.kept[0]).status, 200)

    def upload(self, body):
        path = f"/api/v1/alerts/{self.kept[0]}/evidence"
        return self.client.post(path + "?file_name=f.bin", body, Content_Type="application/octet-stream")

    def evidence(self):
        return self.client.get(f"/api/v1/alerts/{self.kept[0]}/evidence/count").json()["count"]

    def test_of_a_file_for_which_there_is_no_space_nothing_stays(self):
        body = os.urandom(6 << 20)

        def pieces():
            yield body[:3 << 20]
            self.fail("no-space")
            yield body[3 << 20:]

        self.assertEqual(self.problem(self.upload(pieces())), (507, "/problems/storage_full"))
        self.assertEqual(self.problem(self.upload(b"x")), (507, "/problems/storage_full"))
        self.assertEqual(self.evidence(), 0)
        self.assert_reads_go_on()
        self.heal("no-space")
        made = self.upload(body)
        self.assertEqual(made.status, 201)
        self.assertEqual(made.json()["sha256"], hashlib.sha256(body).hexdigest())
        self.assertEqual(self.evidence(), 1)
        self.assertEqual(self.server.stop(), 0)
        # What could not even be given up, as that is a write too, is by the next start.
        with Server(directory=self.server.directory) as again:
            self.assertEqual(again.stop(), 0)
            with contextlib.closing(sqlite3.connect(again.database)) as file:
                self.assertEqual(file.execute("SELECT sum(size) FROM blobs WHERE state < 2").fetchone()[0], 6 << 20)

    def test_what_a_playbook_has_done_is_kept_once_there_is_space_again(self):
        self.server.end()
        with webhook() as (url, is_called, may_answer):
            self.server = Server("--allow-outbound", url.removeprefix("http://"),
                                 env=clean_environment(LD_PRELOAD=LIBRARY, CARREL_TEST_BAD_DISK=self.folder.name))
            self.client = self.server.client()
            self.client.post("/api/v1/actions", {"id": "hook", "type": "webhook", "config": {"url": url}})
            self.client.post("/api/v1/playbooks", {"id": "p", "name": "P", "steps": [
                {"id": "s", "type": "call_webhook", "parameters": {"action_id": "hook"}}]})
            execution = self.client.post("/api/v1/playbooks/p/execute", {}).headers["Location"]
            self.assertTrue(is_called.wait(60))
            self.fail("no-space")
            self.assertEqual(self.problem(self.make()), (507, "/problems/storage_full"))
            may_answer.set()
            until = time.monotonic() + 2
            while time.monotonic() < until:  # the outcome is refused as well meanwhile
                self.assertEqual(self.problem(self.make()), (507, "/problems/storage_full"))
            self.heal("no-space")
            until = time.monotonic() + 60
            while self.client.get(execution).json()["status"] != "completed":
                self.assertLess(time.monotonic(), until, self.client.get(execution).body)
            self.assertEqual(self.client.get(execution + "/steps").json()["items"][0]["status"], "succeeded")
            self.assertEqual(self.server.stop(), 0)

    def backup(self):
        made = self.client.post("/api/v1/admin/backup", {})
        self.assertEqual(made.status, 202, made)
        while (told := self.client.get(made.headers["Location"]).json())["state"] not in ("succeeded", "failed"):
            threading.Event().wait(0.02)
        return told

    def test_a_backup_without_space_fails_alone(self):
        for how, word in (("copy-no-space", "No space"), ("copy-no-sync", "Input/output error")):
            self.fail(how)
            told = self.backup()
            self.assertEqual((told["state"], word in told["detail"]), ("failed", True), told)
            self.assertEqual(os.listdir(self.copies.name), [])
            self.assertEqual(self.make().status, 201)  # the server's own disk is another matter
            self.heal(how)
        self.assertEqual(self.backup()["state"], "succeeded")


main()
