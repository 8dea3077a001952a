"""Backups of a running server: by the API, the command and the schedule."""
import fcntl
import json
import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest

from backup_work import Folder, fill, rows, wait_for
from carrel_program import Server, main, run

# A backup that is not over before a test says so: it takes minutes for an empty database.
SLOW = ("--backup-bytes-per-second", "1KiB")


def begin(client, **wanted):
    reply = client.post("/api/v1/admin/backup", wanted)
    assert reply.status == 202, reply
    assert reply.headers["Location"] == "/api/v1/admin/backup/" + reply.json()["id"]
    return reply.json()["id"]


def ended(client, run_id):
    def look():
        told = client.get("/api/v1/admin/backup/" + run_id).json()
        return told if told["state"] in ("succeeded", "failed", "cancelled") else None
    return wait_for(look)


def backed_up(client, **wanted):
    told = ended(client, begin(client, **wanted))
    assert told["state"] == "succeeded", told
    return told


class OfAServer(Folder):
    def check(self, path):
        done = run("check", "--database", path)
        self.assertEqual(done.returncode, 0, done)

    def test_each_copy_under_load_holds_a_prefix_of_what_was_acknowledged(self):
        server = self.serve("--checkpoint-frames", "64")
        acknowledged, stop = [0] * 4, threading.Event()

        def write(client, number):
            while not stop.is_set():
                n = acknowledged[number] + 1
                alert = {"title": f"{number} {n}", "severity": "low", "description": "a description " * 80}
                if n % 5 == 0:  # one that is undone in the writer's transaction
                    client.post("/api/v1/alerts", {"id": f"taken-{number}", **alert, "title": "again"})
                assert client.post("/api/v1/alerts", alert).status == 201
                acknowledged[number] = n

        writers = [threading.Thread(target=write, args=(server.client(), number)) for number in range(4)]
        for each in writers:
            each.start()
        client = server.client()
        copies = []
        for number in range(1, 6):
            wait_for(lambda: min(acknowledged) >= 5 * number)
            before = list(acknowledged)
            copies.append((before, backed_up(client)))
        stop.set()
        for each in writers:
            each.join()
        sequences = [told["sequence"] for _, told in copies]
        self.assertEqual(sequences, sorted(sequences))
        for before, told in copies:
            path = self.folder / told["name"]
            self.check(path)
            self.assertEqual(rows(path, "SELECT sequence FROM carrel_commit"), [(told["sequence"],)])
            held = {}
            for title, in rows(path, "SELECT title FROM alerts WHERE title <> 'again'"):
                number, n = map(int, title.split())
                held.setdefault(number, set()).add(n)
            for number in range(4):
                numbers = held.get(number, set())
                self.assertEqual(numbers, set(range(1, len(numbers) + 1)), "a hole")
                self.assertGreaterEqual(len(numbers), before[number], "an acknowledged one is missing")

    def test_events_are_in_a_copy_and_it_can_be_served(self):
        server = self.serve()
        fill(server, 3000)
        told = backed_up(server.client(), name="mine.db")
        self.assertEqual((told["name"], told["progress"], self.files()), ("mine.db", 1, ["mine.db"]))
        self.assertEqual((self.folder / "mine.db").stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.folder / "mine.db").stat().st_size, told["bytes"])
        with Server(directory=self.folder, database="mine.db") as other:
            self.assertEqual(other.client().get("/api/v1/events/count").json()["count"], 3000)

    def test_copies_are_listed_fetched_and_removed(self):
        server = self.serve()
        client = server.client()
        fill(server, 1000)
        first, second = backed_up(client), backed_up(client, name="second.db")
        listed = client.get("/api/v1/admin/backups").json()["items"]
        self.assertEqual({each["name"]: (each["bytes"], each["sequence"]) for each in listed},
                         {each["name"]: (each["bytes"], each["sequence"]) for each in (first, second)})
        path = f"/api/v1/admin/backups/{first['name']}"
        whole = client.get(path + "/download")
        self.assertEqual((whole.status, whole.headers["Content-Type"]), (200, "application/vnd.sqlite3"))
        self.assertEqual(whole.body, (self.folder / first["name"]).read_bytes())
        part = client.get(path + "/download", Range="bytes=100-999999")
        self.assertEqual((part.status, part.body), (206, whole.body[100:1_000_000]))
        self.assertEqual(client.get(path + "/download", Range=f"bytes={len(whole.body)}-").status, 416)
        for fields in ({"If-Match": '"1"'}, {"If-None-Match": "*"}):
            self.assertEqual(client.request("DELETE", path, headers=fields).status, 412, fields)
        self.assertEqual(len(self.files()), 2)
        self.assertEqual(client.request("DELETE", path, headers={"If-Match": "*"}).status, 204)
        self.assertEqual(client.request("DELETE", path).status, 404)
        self.assertEqual(client.get(path + "/download").status, 404)
        wait_for(lambda: self.files() == ["second.db"])
        actions = [each["action"] for each in client.get("/api/v1/audit", {"limit": 100}).json()["items"]]
        for action, times in (("begin_backup", 2), ("download_backup", 4), ("delete_backup", 1)):
            self.assertEqual(actions.count(action), times, (action, actions))

    def test_only_names_of_the_folder_are_taken(self):
        server = self.serve()
        client = server.client()
        (self.folder / "notes.txt").write_text("mine")
        for name in ("../x.db", "/tmp/x.db", "a/b.db", ".hidden.db", "x", "x.txt", "carrel-20261127T051200Z.db", "ä.db",
                     "x.db.partial", "-x.db", "x" * 100 + ".db", ""):
            reply = client.post("/api/v1/admin/backup", {"name": name})
            self.assertEqual((reply.status, reply.json()["errors"][0]["field"]), (422, "name"), (name, reply))
        for name in ("notes.txt", "..%2f..%2fetc%2fpasswd", "%2e%2e", "none.db"):
            for method, path in (("GET", "/download"), ("DELETE", "")):
                self.assertEqual(client.request(method, f"/api/v1/admin/backups/{name}{path}").status, 404, name)
        os.symlink(server.database, self.folder / "link.db")
        self.assertEqual(client.get("/api/v1/admin/backups/link.db/download").status, 404)
        self.assertEqual(client.get("/api/v1/admin/backups").json()["items"], [])
        self.assertEqual(client.post("/api/v1/admin/backup", {"name": "link.db"}).status, 202)  # it fails, and does not replace it
        self.assertEqual(client.post("/api/v1/admin/backup", {"keep": 0}).status, 422)
        self.assertEqual(client.post("/api/v1/admin/backup", {"path": "x"}).status, 422)
        self.assertTrue((self.folder / "link.db").is_symlink())
        self.assertEqual((self.folder / "notes.txt").read_text(), "mine")

    def test_without_a_folder_none_is_made(self):
        with Server() as server:
            client = server.client()
            reply = client.post("/api/v1/admin/backup", {})
            self.assertEqual((reply.status, reply.json()["detail"]),
                             (409, "this server was started without --backup-directory"))
            self.assertEqual(client.get("/api/v1/admin/backups").json(), {"items": []})
            done = run("backup", "--url", server.url)
            self.assertEqual((done.returncode, "--backup-directory" in done.stderr), (5, True), done)

    def test_one_at_a_time(self):
        server = self.serve(*SLOW)
        statuses, begun, barrier = [], [], threading.Barrier(6)

        def ask():
            client = server.client()
            barrier.wait()
            reply = client.post("/api/v1/admin/backup", {})
            statuses.append(reply.status)
            begun.append(reply.headers["Location"])

        callers = [threading.Thread(target=ask) for _ in range(6)]
        for each in callers:
            each.start()
        for each in callers:
            each.join()
        self.assertEqual(sorted(statuses), [202] + 5 * [409])
        client, [run_path] = server.client(), filter(None, begun)
        wait_for(self.files)
        self.assertEqual(client.get(run_path).json()["state"], "copying")
        self.assertEqual(client.post(run_path + "/cancel", None).status, 202)
        wait_for(lambda: client.get(run_path).json()["state"] == "cancelled")
        self.assertEqual(client.post("/api/v1/admin/backup", {}).status, 202)

    def test_the_command_asks_and_waits(self):
        server = self.serve()
        fill(server, 1000)
        done = run("backup", "--url", server.url, "--name", "asked.db")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        self.assertRegex(done.stdout, r"^asked\.db: \d+ bytes, commit \d+, checked\n$")
        self.check(self.folder / "asked.db")
        done = run("backup", "--url", server.url, "--name", "asked.db")
        self.assertEqual((done.returncode, "is there" in done.stderr), (5, True), done)
        done = run("backup", "--url", "http://127.0.0.1:1")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (5, 1), done)

    def test_a_kill_leaves_nothing_that_stays(self):
        server = self.serve(*SLOW)
        fill(server, 1000)
        (self.folder / "notes.db.partial").write_text("of somebody else")  # looks like one of ours, but is locked
        held = self.enterContext(open(self.folder / "notes.db.partial"))
        fcntl.flock(held, fcntl.LOCK_EX)
        (self.folder / "other.partial").write_text("of somebody else")
        begin(server.client())
        wait_for(lambda: any(name.startswith("carrel-") and name.endswith(".partial") for name in self.files()))
        server.stop(signal.SIGKILL)
        self.assertTrue(any(name.startswith("carrel-") for name in self.files()))
        again = self.serve(directory=server.directory)
        self.assertEqual(self.files(), ["notes.db.partial", "other.partial"])
        told = backed_up(again.client())
        self.check(self.folder / told["name"])

    def test_an_end_of_the_server_breaks_it_off(self):
        server = self.serve(*SLOW)
        begin(server.client())
        wait_for(self.files)
        self.assertEqual(server.stop(), 0)
        self.assertFalse([name for name in self.files() if name.endswith(".partial")])

    def test_one_that_is_cancelled_leaves_nothing(self):
        server = self.serve(*SLOW)
        fill(server, 1000)
        client = server.client()
        run_id = begin(client)
        reply = client.post(f"/api/v1/admin/backup/{run_id}/cancel", None)
        self.assertEqual((reply.status, reply.json()["id"]), (202, run_id))
        self.assertEqual(ended(client, run_id)["state"], "cancelled")
        self.assertEqual(self.files(), [])
        reply = client.post(f"/api/v1/admin/backup/{run_id}/cancel", None)
        self.assertEqual((reply.status, reply.json()["type"]), (409, "/problems/illegal_transition"))
        self.assertEqual(client.post("/api/v1/admin/backup/none/cancel", None).status, 404)
        self.assertEqual(server.stop(), 0)
        self.check(self.folder / backed_up(self.serve(directory=server.directory).client())["name"])

    def test_a_folder_that_goes_is_told_and_may_come_back(self):
        server = self.serve()
        client = server.client()
        self.folder.rmdir()
        told = ended(client, begin(client))
        self.assertEqual(told["state"], "failed")
        self.assertIn(str(self.folder), told["detail"])
        page = client.get("/metrics").body.decode()
        self.assertIn('carrel_backups_total{result="failure"} 1', page)
        self.folder.mkdir()
        backed_up(client)

    def test_another_file_system(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
            with Server("--backup-directory", elsewhere) as server:
                if os.stat(elsewhere).st_dev == os.stat(server.directory).st_dev:
                    self.skipTest("one file system")
                fill(server, 1000)
                self.check(pathlib.Path(elsewhere) / backed_up(server.client())["name"])

    def test_deletion_of_events_and_a_vacuum_go_on_beside_it(self):
        server = self.serve("--checkpoint-frames", "64")
        fill(server, 10_000)
        client = server.client()
        run_id = begin(client)
        last = client.get("/api/v1/events", {"limit": 1}).json()["items"][0]["timestamp"]
        client.request("DELETE", "/api/v1/events?to=" + last)
        told = ended(client, run_id)
        self.assertEqual(told["state"], "succeeded", told)
        self.check(self.folder / told["name"])
        self.check(self.folder / backed_up(client)["name"])


def client_names(server):
    return [each["name"] for each in server.client().get("/api/v1/admin/backups").json()["items"]]


class Schedule(Folder):
    def old(self, name):
        (self.folder / name).write_text("an old copy")
        return name

    def test_one_that_is_due_is_made_and_old_ones_go(self):
        for day in range(1, 6):
            self.old(f"carrel-2026010{day}T000000Z.db")
        for name in ("named.db", "carrel.db", "carrel-20260101T000000Z.db.gz", "x.txt"):
            self.old(name)
        server = self.serve("--backup-every", "1h", "--backup-keep", "2")
        wait_for(lambda: "backup_last_success_timestamp_seconds" in server.client().get("/metrics").body.decode()
                 and 'carrel_backups_total{result="success"} 1' in server.client().get("/metrics").body.decode())
        new = [name for name in self.files() if name.startswith("carrel-2") and "20260" not in name]
        self.assertEqual(len(new), 1, self.files())
        self.assertEqual(set(self.files()) - set(new), {"carrel-20260105T000000Z.db", "named.db", "carrel.db",
                                                       "carrel-20260101T000000Z.db.gz", "x.txt"})
        entries = server.client().get("/api/v1/audit", {"sort": "seq"}).json()["items"]
        self.assertEqual([(each["principal"], each["action"], each["outcome"]) for each in entries],
                         [("system", "begin_backup", "done")] + 4 * [("system", "delete_backup", "done")])
        run_path = entries[0]["target"]
        self.assertEqual(entries[0]["detail"], {"name": new[0]})
        self.assertEqual(server.client().get("/api/v1" + run_path).json()["name"], new[0])
        self.assertEqual([each["target"] for each in entries[1:]],
                         [f"/admin/backups/carrel-2026010{day}T000000Z.db" for day in range(1, 5)])
        page = server.client().get("/metrics").body.decode()
        self.assertIn("carrel_backup_interval_seconds 3600", page)
        self.assertEqual(server.stop(), 0)
        # What was made lately need not be made again.
        again = self.serve("--backup-every", "1h", directory=server.directory)
        threading.Event().wait(2)  # two looks at the clock
        self.assertEqual([name for name in self.files() if name in new], new)
        self.assertIn('carrel_backups_total{result="success"} 0', again.client().get("/metrics").body.decode())

    def test_wrong_flags_are_told(self):
        for flags, word in [(["--backup-every", "1h"], "--backup-directory"), (["--backup-keep", "3"], "--backup-directory"),
                            (["--backup-directory", self.folder, "--backup-every", "5s"], "--backup-every"),
                            (["--backup-directory", self.folder, "--backup-every", "often"], "--backup-every"),
                            (["--backup-bytes-per-second", "5MB"], "--backup-directory"),
                            (["--backup-directory", self.folder, "--backup-bytes-per-second", "-1"], "--backup-bytes-per-second")]:
            done = run("serve", "--database", self.folder / "x.db", *flags)
            self.assertEqual((done.returncode, word in done.stderr), (2, True), done)
        done = run("serve", "--database", self.folder / "x.db", "--backup-directory", self.folder / "none")
        self.assertEqual(done.returncode, 3, done)
        self.folder.chmod(0o777)
        done = run("serve", "--database", "x.db", "--backup-directory", self.folder, cwd=tempfile.gettempdir())
        self.assertEqual(done.returncode, 6, done)


main()
