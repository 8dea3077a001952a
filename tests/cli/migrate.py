"""A database is brought to what the program knows, or that is tried on a copy; one of a newer program is left alone."""
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import earlier_file
from carrel_program import PROGRAM, Server, clean_environment, main, run

EVENTS = 12_345
STEPS = re.findall(r'\{(\d+), "([^"]+)", \w+\}', earlier_file.MIGRATIONS.read_text())
NEWEST = f"migration {STEPS[-1][0]} ({STEPS[-1][1]})"
PENDING = STEPS[earlier_file.STEPS:]
DONE = re.compile(r": migration (\d+) \((.*)\) is done in \d+\.\d{3} s: (\d+) rows written, (\d+) bytes (more|less)$", re.M)


def digests(directory):
    """Of every file but a WAL's index, in which each reader marks its place."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in pathlib.Path(directory).iterdir() if not path.name.endswith("-shm")}


def change(path, sql, *bound):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(sql, bound)


class WithFiles(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="carrel-migrate-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.path = self.directory / "carrel.db"

    def make_earlier(self, events=EVENTS):
        earlier_file.make(self.path, [['{"host":"h%d","n":%d}' % (n % 9, n) for n in range(events)]])

    def make_current(self):
        with Server(directory=self.directory) as server:
            self.assertEqual(server.client().post("/api/v1/alerts", {"title": "t", "severity": "low"}).status, 201)
            self.assertEqual(server.stop(), 0)
        (self.directory / "server.log").unlink()

    def refused(self, *arguments, status, naming):
        before = digests(self.directory)
        ended = run(*arguments)
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (status, 1), ended.stderr)
        for part in naming:
            self.assertIn(part, ended.stderr)
        self.assertEqual(digests(self.directory), before, arguments)


class DryRun(WithFiles):
    def try_out(self, *flags):
        before = digests(self.directory)
        ended = run("migrate", self.path, "--dry-run", *flags)
        self.assertEqual(digests(self.directory), before)
        return ended

    def test_each_step_is_shown_and_the_file_is_as_it_was(self):
        self.make_earlier()
        tried = self.try_out()
        self.assertEqual((tried.returncode, tried.stderr), (0, ""), tried)
        self.assertEqual([found[:2] for found in DONE.findall(tried.stdout)], PENDING)
        for place, (number, name) in enumerate(PENDING, 1):
            self.assertIn(f": migration {number} ({name}) begins, {place} of {len(PENDING)}\n", tried.stdout)
        self.assertIn(f"the copy takes up to {self.path.stat().st_size} bytes in {self.directory}, of which", tried.stdout)
        self.assertRegex(tried.stdout, rf": {len(PENDING)} migrations would succeed, in \d+\.\d+ s: {self.path.stat().st_size} "
                                       r"bytes before, \d{5,} after, and \d{5,} in the WAL meanwhile; nothing was changed\n$")
        self.assertIn(f"{EVENTS} events of version 0.1.0 will be moved into segments while a server runs", tried.stdout)
        self.assertEqual(sorted(os.listdir(self.directory)), ["carrel.db"])

    def copy_of_open_file(self, *endings):
        """Moves this test to a copy of a file that was open, with what was written last in the WAL alone."""
        self.make_earlier(100)
        copy = pathlib.Path(tempfile.mkdtemp(prefix="carrel-migrate-"))
        self.addCleanup(shutil.rmtree, copy)
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as open_one:
            open_one.execute("PRAGMA wal_autocheckpoint=0")
            open_one.execute(earlier_file.INSERT, (earlier_file.event_id(1, 1), 1, 1, "h", '{"host":"h"}'))
            for ending in endings:
                shutil.copy(f"{self.path}{ending}", copy)
        self.directory, self.path = copy, copy / "carrel.db"

    def test_what_is_in_the_wal_alone_counts_and_stays_there(self):
        self.copy_of_open_file("", "-wal")
        tried = self.try_out()
        self.assertEqual(tried.returncode, 0, tried)
        self.assertIn("101 events of version 0.1.0", tried.stdout)

    def test_so_it_does_where_a_crash_left_an_index_of_the_wal(self):
        self.copy_of_open_file("", "-wal", "-shm")
        tried = self.try_out()
        self.assertEqual(tried.returncode, 0, tried)
        self.assertIn("101 events of version 0.1.0", tried.stdout)

    def test_beside_a_program_that_has_the_file_open(self):
        self.make_earlier(100)
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as beside:
            beside.execute("BEGIN IMMEDIATE")
            beside.execute(earlier_file.INSERT, (earlier_file.event_id(1, 1), 1, 1, "h", '{"host":"h"}'))
            tried = self.try_out()
            beside.execute("ROLLBACK")
        self.assertEqual(tried.returncode, 0, tried)
        self.assertIn("100 events of version 0.1.0", tried.stdout)

    def test_a_step_that_fails_is_named(self):
        self.make_earlier(10)
        number, name = PENDING[1]
        change(self.path, "CREATE TABLE event_sequence (one)")
        tried = self.try_out()
        self.assertEqual((tried.returncode, tried.stderr.count("\n")), (1, 1), tried)
        self.assertIn(f"carrel: migrate: {self.path}: ", tried.stderr)
        self.assertIn(f"migration {number} ({name}): table event_sequence already exists", tried.stderr)
        self.assertIn(f": 1 of {len(PENDING)} migrations would succeed; nothing was changed", tried.stdout)
        self.refused("migrate", self.directory / "none.db", "--dry-run", status=3, naming=["does not exist"])
        real = run("migrate", self.path)
        self.assertEqual((real.returncode, f"migration {number} ({name})" in real.stderr), (1, True), real)

    def test_damage_that_a_migration_does_not_see_is_found(self):
        self.make_earlier()
        content = bytearray(self.path.read_bytes())
        at = content.index(b'"n":6000')
        page = at // 4096 * 4096
        content[page + 8:page + 12] = b"\xff\xff\xff\xff"  # where the cells of a leaf lie
        self.path.write_bytes(content)
        tried = self.try_out()
        self.assertEqual(tried.returncode, 1, tried)
        self.assertRegex(tried.stderr, "would be damaged, or is|malformed|damaged")

    def full_pipe(self):
        """The end to write to of a pipe that is full and that nobody reads: who prints to it goes no further."""
        ours, theirs = os.pipe()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        os.set_blocking(theirs, False)
        for size in (4096, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(theirs, b"x" * size)
        os.set_blocking(theirs, True)
        return theirs

    def test_one_that_is_broken_off_leaves_nothing(self):
        self.make_earlier()
        before = sorted(os.listdir(self.directory))
        stdout = self.full_pipe()  # so that it cannot be over before the signal comes
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            running = subprocess.Popen([PROGRAM, "migrate", self.path, "--dry-run"], stdout=stdout, env=clean_environment())
            while not list(self.directory.glob("carrel-trial-*/copy.db")) and running.poll() is None:
                pass
            running.send_signal(number)
            self.assertEqual(running.wait(60), -number)
            self.assertEqual(sorted(os.listdir(self.directory)), before)

    def test_the_copy_is_made_where_there_is_room(self):
        self.make_earlier(10)
        with tempfile.TemporaryDirectory() as other:
            tried = self.try_out("--work-directory", other)
            self.assertEqual(tried.returncode, 0, tried)
            self.assertIn(f"bytes in {other}, of which", tried.stdout)
            self.assertEqual(os.listdir(other), [])
        self.assertEqual(self.try_out("--work-directory", "/nowhere").returncode, 3)
        full = self.try_out("--work-directory", "/proc")
        self.assertEqual((full.returncode, "/proc has no room for a copy" in full.stderr), (1, True), full)
        self.refused("migrate", self.path, "--work-directory", "/tmp", status=2, naming=["--work-directory is for --dry-run"])


class ForReal(WithFiles):
    def test_it_is_applied_with_a_line_each_and_a_server_moves_the_events(self):
        self.make_earlier()
        done = run("migrate", "--database", self.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        self.assertEqual([found[:2] for found in DONE.findall(done.stdout)], PENDING)
        self.assertRegex(done.stdout, rf": at {re.escape(NEWEST)}, {len(PENDING)} applied in \d+\.\d+ s\n$")
        again = run("migrate", self.path)
        self.assertEqual((again.returncode, again.stdout), (0, f"{self.path}: at {NEWEST}, nothing to do\n"), again)
        self.assertEqual(run("check", "--database", self.path).returncode, 0)
        with Server(directory=self.directory) as server:
            self.assertNotIn("migration", server.log_text())
            until = time.monotonic() + 60
            while "events of version 0.1.0: all are moved" not in server.log_text():
                self.assertLess(time.monotonic(), until)
            lines = re.findall(r" info (events of version 0\.1\.0: .*)", server.log_text())
            self.assertEqual(lines[0], f"events of version 0.1.0: {EVENTS} are being moved into segments")
            self.assertRegex(lines[-1], rf"^events of version 0\.1\.0: all are moved, {EVENTS} in \d+ ms$")
            self.assertIn("\ncarrel_events_to_move 0\n", server.client().get("/metrics").body.decode())
            self.assertEqual(server.client().get("/api/v1/events/count").json()["count"], EVENTS)
            beside = run("migrate", self.path, "--dry-run")
            self.assertEqual((beside.returncode, "nothing to do" in beside.stdout), (0, True), beside)
            self.assertEqual(server.stop(), 0)

    def test_a_server_logs_each_step(self):
        self.make_earlier(10)
        with Server(directory=self.directory) as server:
            log = server.log_text()
            self.assertEqual(server.stop(), 0)
        for place, (number, name) in enumerate(PENDING, 1):
            self.assertIn(f" info migration {number} ({name}) begins, {place} of {len(PENDING)}\n", log)
            self.assertRegex(log, rf" info migration {number} \({name}\) is done in \d+\.\d+ s: \d+ rows written")

    def test_one_that_is_in_use_is_refused(self):
        self.make_earlier(10)
        with Server(directory=self.directory) as server:
            change_all = f"DELETE FROM carrel_migrations WHERE number = {len(STEPS)}"  # as if something were to be done
            change(server.database, change_all)
            ended = run("migrate", server.database)
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (4, 1), ended)


class Downgrade(WithFiles):
    COMMANDS = (("serve", "--listen", "127.0.0.1:0", "--database"), ("migrate",), ("migrate", "--dry-run"),
                ("check", "--database"), ("export", "--database"), ("vacuum", "--database"),
                ("import", "sigma", os.devnull, "--database"), ("ingest", os.devnull, "--database"),
                ("user", "list", "--database"))

    def refused_by_all(self, status, naming):
        for command in self.COMMANDS:
            with self.subTest(command=command):
                self.refused(*command, self.path, status=status, naming=naming)

    def add_later_step(self):
        change(self.path, "INSERT INTO carrel_migrations(number, name, checksum) VALUES (?, 'later', ?)",
               len(STEPS) + 1, "0" * 64)

    def test_a_file_of_a_newer_program_is_refused_by_every_command(self):
        self.make_current()
        self.add_later_step()
        version = run("--version").stdout.split()[1]
        self.refused_by_all(3, [f"{self.path} was written by a newer carrel than {version}: ",
                                f"the file is at migration {len(STEPS) + 1} (later), the program knows them to {NEWEST}"])

    def test_one_that_was_killed_keeps_its_wal(self):
        with Server(directory=self.directory) as server:
            server.client().post("/api/v1/alerts", {"title": "t", "severity": "low"})
            server.process.kill()
            server.process.wait()
        (self.directory / "server.log").unlink()
        # The step is in the WAL alone.
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as open_one:
            open_one.execute("PRAGMA wal_autocheckpoint=0")
            open_one.execute("INSERT INTO carrel_migrations(number, name, checksum) VALUES (?, 'later', '0')", (len(STEPS) + 1,))
            with tempfile.TemporaryDirectory() as kept:
                for ending in ("", "-wal"):
                    shutil.copy(f"{self.path}{ending}", kept)
                open_one.close()
                for ending in ("", "-wal"):
                    shutil.copy(f"{kept}/carrel.db{ending}", self.directory)
        for name in os.listdir(self.directory):
            if name.endswith(("-shm", ".lock")):
                (self.directory / name).unlink()
        self.assertGreater((self.directory / "carrel.db-wal").stat().st_size, 0)
        self.refused_by_all(3, ["(later)"])

    def test_a_step_that_was_changed_is_refused_by_every_command(self):
        self.make_current()
        change(self.path, "UPDATE carrel_migrations SET checksum = ? WHERE number = 9", "ab" * 32)
        self.refused_by_all(7, [f"{self.path} was written by another carrel than ",
                                "the file has migration 9 (alerts folded) with digest abababababab, the program migration 9"])

    def test_a_newer_format_is_refused_by_every_command(self):
        self.make_current()
        change(self.path, "PRAGMA user_version = 2")
        self.refused_by_all(3, ["newer carrel", "the file has format 2, the program knows 1"])


main()
