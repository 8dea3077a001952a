"""What is kept of events, by the program: deletions as jobs, retention, holds, and the file that gets smaller."""
import contextlib
import datetime
import os
import pathlib
import random
import re
import signal
import sqlite3
import tempfile
import time
import unittest

import earlier_file
from carrel_program import Server, main, run

NDJSON = "application/x-ndjson"
PATIENCE = 60  # s


def lines(first, count, at="2026-03-01T00:00:00Z", pad=0):
    filler = random.Random(first)
    return "".join('{"n":%d,"timestamp":"%s","pad":"%s"}\n' % (first + i, at, filler.randbytes(pad // 2).hex()) for i in range(count))


def days_ago(days):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def settings_of(path, pragma):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as beside:
        return beside.execute(f"PRAGMA {pragma}").fetchone()[0]


class Keeping(unittest.TestCase):
    def ingest(self, client, text):
        reply = client.post("/api/v1/events", text, Content_Type=NDJSON)
        self.assertEqual(reply.status, 201, reply)
        return reply.json()

    def eventually(self, holds):
        begun = time.monotonic()
        while not holds():
            self.assertLess(time.monotonic() - begun, PATIENCE)

    def count(self, client, **asked):
        return client.get("/api/v1/events/count", asked).json()["count"]

    def delete(self, client, to, **headers):
        reply = client.request("DELETE", f"/api/v1/events?to={to}", headers=headers)
        self.assertEqual(reply.status, 202, reply)
        self.assertEqual(reply.headers["Location"], "/api/v1/events/deletions/" + reply.json()["id"])
        return reply.headers["Location"]

    def finished(self, client, job):
        self.eventually(lambda: client.get(job).json()["state"] == "done")
        return client.get(job).json()

    def assert_sound(self, path):
        found = run("check", "--database", path)
        # Deletions are audited, so the head of that log is printed, too.
        self.assertEqual((found.returncode, found.stdout.splitlines()[-1]), (0, f"{path}: ok"), found)

    def test_a_deletion_is_a_job_and_is_begun_once_by_its_key(self):
        with Server() as server:
            client = server.client()
            self.ingest(client, lines(0, 3000, "2026-01-01T00:00:00Z") + lines(3000, 10))
            job = self.delete(client, "2026-02-01T00:00:00Z", **{"Idempotency-Key": "k"})
            self.assertEqual(self.delete(client, "2026-02-01T00:00:00Z", **{"Idempotency-Key": "k"}), job)
            told = self.finished(client, job)
            self.assertEqual((told["deleted"], told["held"]), (3000, 0))
            self.assertLess(told["created_at"], told["finished_at"])
            self.assertEqual(self.count(client), 10)
            self.assertEqual(len(client.get("/api/v1/events/deletions").json()["items"]), 1)
            self.assertEqual(client.get("/api/v1/events/deletions/nothing").status, 404)
            self.assertEqual(client.request("DELETE", "/api/v1/events").status, 400)
            # They are counted once that is stored.
            self.eventually(lambda: 'carrel_events_deleted_total{reason="request"} 3000\n' in client.get("/metrics").body.decode())
            self.assert_sound(server.database)

    def test_a_job_goes_on_where_a_kill_interrupted_it(self):
        with tempfile.TemporaryDirectory() as directory:
            events = [['{"host":"e","n":%d}' % n for n in range(20_000)]]
            (ids,) = earlier_file.make(f"{directory}/carrel.db", events)
            pick, job = random.Random(5), None
            for kill in range(6):
                with Server(directory=directory) as server:
                    client = server.client()
                    if job is None:
                        reply = client.post("/api/v1/alerts", {"title": "t", "severity": "low", "event_ids": ids[7:9]})
                        self.assertEqual(reply.status, 201, reply)
                        for n in range(100):
                            self.ingest(client, lines(n, 1, "2020-01-01T00:00:00Z"))
                        job = self.delete(client, "2030-01-01T00:00:00Z")
                    if kill < 5:
                        done, before = client.get(job).json(), pick.randrange(3000)
                        self.eventually(lambda: client.get(job).json()["deleted"] >= min(19_000, done["deleted"] + before))
                        server.process.send_signal(signal.SIGKILL)
                        server.process.wait()
                        continue
                    told = self.finished(client, job)
                    self.assertEqual((told["deleted"], told["held"], told["events_max"]), (20_098, 2, 20_100))
                    self.assertEqual(self.count(client), 2)
                    for event in ids[7:9]:
                        self.assertEqual(client.get(f"/api/v1/events/{event}").status, 200)
                    self.assert_sound(server.database)

    def test_the_retention_by_age_keeps_what_an_alert_holds_until_it_is_closed(self):
        with Server() as before:  # without a retention, which might be quicker than the alert
            client = before.client()
            old = self.ingest(client, lines(0, 1, days_ago(40)))["first_id"]
            made = client.post("/api/v1/alerts", {"id": "a", "title": "t", "severity": "low", "event_ids": [old]})
            self.assertEqual(made.status, 201, made)
            self.assertEqual(before.stop(), 0)
            self.retain_by_age(before.directory, old)

    def retain_by_age(self, directory, old):
        with Server("--retention-days", "30", directory=directory) as server:
            client = server.client()
            self.assertIn("retention 30 days", server.log_text())
            self.ingest(client, lines(1, 500, days_ago(40)) + lines(501, 500, days_ago(1)))
            self.eventually(lambda: self.count(client) == 501)
            self.assertEqual(client.get(f"/api/v1/events/{old}").status, 200)
            self.assertEqual(client.post("/api/v1/alerts/a/status", {"status": "closed"}).status, 200)
            self.eventually(lambda: self.count(client) == 500)
            self.eventually(lambda: "1 events deleted that were too old" in server.log_text())
            self.assertIn('carrel_events_deleted_total{reason="age"} 501', client.get("/metrics").body.decode())

    def test_the_retention_by_size_and_its_change_at_sighup(self):
        with tempfile.TemporaryDirectory() as directory:
            settings = pathlib.Path(directory, "carrel.toml")
            settings.write_text('retention-bytes = "1GiB"\n')
            with Server("--config", str(settings), directory=directory) as server:
                client = server.client()
                for n in range(8):
                    self.ingest(client, lines(n * 1000, 1000, f"2026-03-0{n + 1}T00:00:00Z", pad=1000))
                self.assertEqual(self.count(client), 8000)
                settings.write_text('retention-bytes = "2MiB"\n')
                server.process.send_signal(signal.SIGHUP)
                self.eventually(lambda: "retention 2097152 bytes" in server.log_text())
                self.eventually(lambda: 0 < self.count(client) <= 4000)
                newest = client.get("/api/v1/events", {"limit": 1}).json()["items"][0]
                self.assertEqual(newest["fields"]["n"], 7999)
                self.eventually(lambda: "that were too many" in server.log_text())
                with contextlib.closing(sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)) as beside:
                    sizes = "sum(length(columns) + length(filter) + length(data))"
                    self.eventually(lambda: beside.execute(f"SELECT {sizes} FROM event_segments").fetchone()[0] <= 2 << 20)

    def test_settings_that_make_no_sense_are_refused(self):
        for flags in (["--retention-days", "-1"], ["--retention-bytes", "many"], ["--retention-days", "40000"]):
            ended = run("serve", *flags, "--database", "/nonexistent/x.db")
            self.assertEqual(ended.returncode, 2, ended)
            self.assertIn(flags[0], ended.stderr)

    def fill(self, client, requests=30):
        for n in range(requests):
            self.ingest(client, lines(n * 1000, 1000, "2026-01-01T00:00:00Z", pad=1000))

    def test_the_file_gets_smaller_while_it_is_served(self):
        with Server("--checkpoint-frames", "256") as server:
            client = server.client()
            self.assertEqual(settings_of(server.database, "auto_vacuum"), 2)
            self.fill(client)
            self.eventually(lambda: server.database.stat().st_size > 12 << 20)
            before = server.database.stat().st_size
            self.finished(client, self.delete(client, "2026-02-01T00:00:00Z"))
            self.eventually(lambda: server.database.stat().st_size < before // 2)
            self.assertEqual(client.post("/api/v1/alerts", {"title": "t", "severity": "low"}).status, 201)
            self.assert_sound(server.database)

    def checkpoints(self, client):
        return int(re.search(r"^carrel_checkpoint_seconds_count (\d+)$", client.get("/metrics").body.decode(), re.M)[1])

    def test_the_file_gets_smaller_once_a_reader_lets_it(self):
        with Server() as filled:
            self.fill(filled.client(), 9)
            self.assertEqual(filled.stop(), 0)
            self.let_shrink(filled.directory, filled.database.stat().st_size)

    def let_shrink(self, directory, before):
        # Nothing else asks for a checkpoint: what is deleted and moved is less than the WAL that would be cut.
        with Server("--checkpoint-frames", "1000000", directory=directory) as server:
            client = server.client()
            begun = self.checkpoints(client)
            with contextlib.closing(sqlite3.connect(f"file:{server.database}?mode=ro", uri=True, isolation_level=None)) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM event_segments").fetchone()
                self.finished(client, self.delete(client, "2026-02-01T00:00:00Z"))
                self.eventually(lambda: self.checkpoints(client) > begun)
                self.assertGreaterEqual(server.database.stat().st_size, before)  # what it reads is there
            self.eventually(lambda: server.database.stat().st_size < before * 3 // 4)  # though nothing is written any more

    def test_a_file_of_an_earlier_version_is_converted_by_vacuum(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/carrel.db"
            earlier_file.make(path, [['{"host":"e","n":%d,"pad":"%s"}' % (n, "x" * 500) for n in range(20_000)]])
            with Server(directory=directory) as server:
                client = server.client()
                self.finished(client, self.delete(client, "2030-01-01T00:00:00Z"))
                beside = run("vacuum", "--database", path)
                self.assertEqual(beside.returncode, 4, beside)
                self.assertEqual(server.stop(), 0)
            before = os.stat(path).st_size
            self.assertEqual(settings_of(path, "auto_vacuum"), 0)
            done = run("vacuum", "--database", path)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done)
            self.assertLess(os.stat(path).st_size, before // 4)
            self.assertEqual(done.stdout, f"{path}: {before} bytes before, {os.stat(path).st_size} after\n")
            self.assertEqual(settings_of(path, "auto_vacuum"), 2)
            self.assert_sound(path)
            self.assertEqual(run("vacuum", "--database", f"{directory}/none.db").returncode, 3)

    def test_check_finds_positions_and_holds_that_are_wrong(self):
        with tempfile.TemporaryDirectory() as directory:
            with Server(directory=directory) as server:
                client = server.client()
                first = self.ingest(client, lines(0, 5))["first_id"]
                self.ingest(client, lines(5, 5))
                client.post("/api/v1/alerts", {"id": "a", "title": "t", "severity": "low", "event_ids": [first]})
                self.assertEqual(server.stop(), 0)
                for damage, found in [
                        ("UPDATE segment_positions SET first = 4, last = 8 WHERE segment = 2", "among those of one before"),
                        ("UPDATE segment_positions SET last = 99 WHERE segment = 2", "positions are damaged or missing"),
                        ("DELETE FROM segment_positions WHERE segment = 2", "positions are damaged or missing"),
                        ("INSERT INTO segment_positions VALUES (77, 50, 51, NULL)", "a segment 77 that is not there"),
                        ("DELETE FROM segment_summaries WHERE segment = 2", "summary is damaged"),
                        ("INSERT INTO segment_summaries VALUES (78, x'', x'')", "a segment 78 that is not there"),
                        ("UPDATE event_sequence SET next = 10", "one that an event has"),
                        ("DELETE FROM event_holds", "which is not held"),
                        ("UPDATE event_holds SET event = 'x'", "held for an alert that does not cite it")]:
                    hurt = f"{directory}/hurt.db"
                    with contextlib.closing(sqlite3.connect(server.database)) as whole, contextlib.closing(sqlite3.connect(hurt)) as copy:
                        whole.backup(copy)
                        copy.execute(damage)
                        copy.commit()
                    ended = run("check", "--database", hurt)
                    self.assertEqual(ended.returncode, 1, (damage, ended))
                    self.assertIn(found, ended.stdout, damage)
                    os.remove(hurt)
                self.assert_sound(server.database)


main()
