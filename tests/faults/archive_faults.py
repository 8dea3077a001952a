"""An archive that cannot be written, or whose command fails: writing goes on, the gap is shown, and a new generation can be restored.
Usage: archive_faults.py PROGRAM BAD-DISK-LIBRARY"""
import contextlib
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import unittest

from carrel_program import Server, clean_environment, main, run

LIBRARY = sys.argv[2]
COMMIT = "Carrel-Commit"
PATIENCE = 60
GENERATION = re.compile(r"^generation (\d+): from commit (\d+) .*? to commit (\d+) ", re.M)


class Archived(unittest.TestCase):
    flags = []

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-archive-"))
        self.archive = self.folder / "archive"
        (self.folder / "database").mkdir()
        self.start()
        self.await_that(lambda: GENERATION.search(self.list()))

    def start(self):
        environment = clean_environment(LD_PRELOAD=LIBRARY, CARREL_TEST_BAD_DISK=str(self.folder))
        self.server = Server("--archive", str(self.archive), "--archive-interval-ms", "50", *self.flags,
                             directory=self.folder / "database", env=environment)
        self.client = self.server.client()

    def tearDown(self):
        self.server.end()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)

    def await_that(self, condition):
        until = time.monotonic() + PATIENCE
        while not (found := condition()):
            self.assertLess(time.monotonic(), until, self.list() + self.server.log_text())
        return found

    def list(self):
        return run("restore", "--archive", self.archive, "--list").stdout

    def metric(self, name):
        page = self.client.get("/metrics").body.decode()
        return float(re.search(rf"^carrel_archive_{name} (\S+)$", page, re.M).group(1))

    def make(self, count=1, text="x"):
        for _ in range(count):
            reply = self.client.post("/api/v1/alerts", {"title": "archived", "severity": "low", "description": text})
            self.assertEqual(reply.status, 201, reply)
        return int(reply.headers[COMMIT])

    def restore(self, at, archive=None):
        target = self.folder / f"restored-{at}.db"
        return target, run("restore", "--archive", archive or self.archive, "--at", at, target)

    def alerts_in(self, target):
        with contextlib.closing(sqlite3.connect(f"file:{target}?immutable=1", uri=True)) as database:
            return database.execute("SELECT count(*) FROM alerts").fetchone()[0]


class Restore(Archived):
    def test_one_without_room_leaves_nothing(self):
        last = self.make(3)
        self.await_that(lambda: self.metric("sequence") >= last)
        target = self.folder / f"restored-{last}.db"
        environment = clean_environment(LD_PRELOAD=LIBRARY, CARREL_TEST_BAD_DISK=str(self.folder))
        for how, word in (("copy-no-space", "no room"), ("copy-no-sync", "Input/output error")):
            (self.folder / how).touch()
            done = run("restore", "--archive", self.archive, target, env=environment)
            (self.folder / how).unlink()
            self.assertEqual((done.returncode != 0, word in done.stderr), (True, True), done)
            self.assertEqual([each.name for each in self.folder.iterdir() if "restored" in each.name], [])
        self.assertEqual(self.restore(last)[1].returncode, 0)
        self.assertEqual(self.alerts_in(target), 3)


class FullDisk(Archived):
    flags = ["--archive-behind-mib", "1"]

    def test_a_short_want_of_room_leaves_no_gap(self):
        self.make(3)
        (self.folder / "archive-no-space").touch()
        self.make(5)
        self.await_that(lambda: self.metric("failures_total") > 0)
        self.assertEqual(self.client.get("/health/ready").status, 200)
        self.assertGreater(self.metric("lag_bytes"), 0)
        (self.folder / "archive-no-space").unlink()
        last = self.make()
        self.await_that(lambda: self.metric("sequence") >= last)
        self.assertEqual(self.metric("gaps_total"), 0)
        target, done = self.restore(last)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.alerts_in(target), 9)
        self.assertIn("No space left on device", self.server.log_text())

    def test_a_long_one_leaves_a_gap_and_writing_goes_on(self):
        first = self.make(3)
        self.await_that(lambda: self.metric("sequence") >= first)
        (self.folder / "archive-no-space").touch()
        missed = self.make()
        self.await_that(lambda: self.make(20, "y" * 4000) and self.metric("gaps_total") > 0)
        made = self.client.get("/api/v1/alerts/count").json()["count"]
        self.assertEqual(self.client.get("/health/ready").status, 200)
        (self.folder / "archive-no-space").unlink()
        self.await_that(lambda: len(GENERATION.findall(self.list())) == 2)
        last = self.make()
        self.await_that(lambda: self.metric("sequence") >= last)
        target, done = self.restore(last)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.alerts_in(target), made + 1)
        target, done = self.restore(first)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.alerts_in(target), 3)
        _, done = self.restore(missed)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"commit {missed} is in a gap: generation 1 ends with", done.stderr)
        self.assertIn("there is a gap after commit", self.server.log_text())


class Away(Archived):
    def test_what_is_moved_away_and_back_is_gone_on_with(self):
        commits = [self.make() for _ in range(2)]
        elsewhere = self.folder / "archive-elsewhere"
        self.archive.rename(elsewhere)
        self.await_that(lambda: self.metric("up") == 0)
        commits += [self.make() for _ in range(3)]
        self.await_that(lambda: self.metric("lag_bytes") > 0)
        self.assertEqual(self.client.get("/health/ready").status, 200)
        self.assertFalse(self.archive.exists())
        elsewhere.rename(self.archive)
        commits.append(self.make())
        self.await_that(lambda: self.metric("sequence") >= commits[-1])
        self.assertEqual((self.metric("up"), self.metric("gaps_total"), self.metric("generation")), (1, 0, 1))
        for alerts, commit in enumerate(commits, 1):  # the server's own commits may be between them
            target, done = self.restore(commit)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.alerts_in(target), alerts)
        log = self.server.log_text()
        self.assertEqual(log.count("it was unmounted, moved or removed, and is not made anew"), 1)
        self.assertEqual(log.count("it is written again"), 1)


class HangingCommand(Archived):
    flags = ["--archive-command", "tail -f /dev/null %p", "--archive-command-timeout", "3s"]

    def test_it_is_shown_and_ended(self):
        self.await_that(lambda: self.metric("command_seconds") >= 1)
        self.await_that(lambda: self.metric("failures_total") > 0)  # which is counted before it is logged
        said = re.compile(r"tail took too long and was ended: .*/base-\d+\.zst; it is tried again")
        self.await_that(lambda: said.search(self.server.log_text()))
        self.await_that(lambda: self.metric("command_seconds") == 0)
        last = self.make()
        self.await_that(lambda: self.metric("sequence") >= last)


class Command(Archived):
    def setUp(self):
        self.elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="carrel-elsewhere-"))
        self.flags = ["--archive-command", f"install -D %p '{self.elsewhere}/to here/%g/%f'"]
        super().setUp()

    def tearDown(self):
        super().tearDown()
        shutil.rmtree(self.elsewhere, ignore_errors=True)

    def test_what_it_took_is_an_archive(self):
        last = self.make(4)
        self.server.stop()
        # The rest goes at the next start.
        self.start()
        there = self.elsewhere / "to here"
        self.await_that(lambda: self.restore(last, there)[1].returncode == 0)
        self.assertEqual(self.alerts_in(self.folder / f"restored-{last}.db"), 4)

    def test_one_that_fails_is_tried_again(self):
        blocked = self.elsewhere / "to here"
        self.await_that(lambda: list(blocked.glob("*/base-*.json")))
        shutil.rmtree(blocked)
        blocked.touch()  # a file where it wants a directory
        last = self.make(2)
        self.server.stop()
        self.start()
        self.await_that(lambda: self.metric("failures_total") > 0)
        for said in ("install did not take", "exit status 1"):
            self.await_that(lambda: said in self.server.log_text())
        self.make()
        blocked.unlink()
        self.await_that(lambda: list(blocked.glob("*/*.cwal")))


class Flags(unittest.TestCase):
    def refused(self, *flags):
        done = run("serve", *flags)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_what_cannot_be_meant_is_refused(self):
        self.assertIn("a private database", self.refused("--database", ":memory:", "--archive", "a"))
        self.assertIn("need a directory", self.refused("--archive-keep", "3d"))
        self.assertIn("--archive-keep: 'long'", self.refused("--archive", "a", "--archive-keep", "long"))
        self.assertIn("--archive-base-every: 'x'", self.refused("--archive", "a", "--archive-base-every", "x"))
        self.assertIn("is no program", self.refused("--archive", "a", "--archive-command", "no-such-program %p"))
        self.assertIn("does not say %p", self.refused("--archive", "a", "--archive-command", "cp a b"))
        self.assertIn("a quote is not closed", self.refused("--archive", "a", "--archive-command", "cp '%p b"))
        for timeout in "x", "0s", "31d":
            self.assertIn(f"--archive-command-timeout: '{timeout}'", self.refused("--archive", "a", "--archive-command-timeout", timeout))

    def test_a_point_that_is_none_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments, status in [(["--at", "yesterday", "new.db"], 2), ([], 2), (["new.db"], 1)]:
                self.assertEqual(run("restore", "--archive", folder, *arguments).returncode, status)
            self.assertEqual(run("restore", "--archive", f"{folder}/none", "new.db").returncode, 3)


if __name__ == "__main__":
    main()
