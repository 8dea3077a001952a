"""`carrel backup` of a file that no server has."""
import contextlib
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from backup_work import Folder, fill, rows, wait_for
from carrel_program import PROGRAM, Server, clean_environment, main, run


class OfAFile(Folder):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        fill(cls.server, 5000)
        assert cls.server.stop() == 0
        cls.database = cls.server.database

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def test_a_file_a_directory_and_retention(self):
        before = self.database.read_bytes()
        done = run("backup", self.folder / "copy.db", "--database", self.database)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        self.assertRegex(done.stdout, r"copy\.db: \d+ bytes, commit \d+, checked\n$")
        self.assertEqual((self.folder / "copy.db").stat().st_mode & 0o777, 0o600)
        self.assertEqual(run("check", "--database", self.folder / "copy.db").returncode, 0)
        there = (self.folder / "copy.db").read_bytes()
        done = run("backup", self.folder / "copy.db", "--database", self.database)
        self.assertEqual((done.returncode, "exists" in done.stderr), (3, True), done)
        self.assertEqual((self.folder / "copy.db").read_bytes(), there)
        for _ in range(4):
            done = run("backup", self.folder, "--database", self.database, "--keep", "2")
            self.assertEqual(done.returncode, 0, done)
        made = [name for name in self.files() if name.startswith("carrel-")]
        self.assertEqual((len(made), "removed" in done.stdout, "copy.db" in self.files()), (2, True, True), done)
        self.assertEqual(self.database.read_bytes(), before)
        with Server(directory=self.folder, database="copy.db") as server:
            self.assertEqual(server.client().get("/api/v1/events/count").json()["count"], 5000)

    def test_a_name_that_sqlite_gives_a_meaning_is_refused(self):
        database = self.folder / "carrel.db"
        shutil.copy(self.database, database)
        for suffix in ("-wal", "-shm", "-journal"):
            done = run("backup", f"{database}{suffix}", "--database", database)
            self.assertEqual((done.returncode, "would count as a part of" in done.stderr), (3, True), done)
            left = self.folder / f"copy.db{suffix}"
            left.write_bytes(b"of an earlier copy")
            done = run("backup", self.folder / "copy.db", "--database", database)
            self.assertEqual((done.returncode, f"copy.db{suffix} exists" in done.stderr), (3, True), done)
            left.unlink()
        self.assertEqual(self.files(), ["carrel.db"])

    def test_what_looks_like_the_rest_of_a_backup_is_not_emptied_if_it_has_another_name(self):
        database = self.folder / "carrel.db"
        shutil.copy(self.database, database)
        (self.folder / "copy.db.partial").hardlink_to(database)
        done = run("backup", self.folder / "copy.db", "--database", self.database)
        self.assertEqual((done.returncode, "hard link" in done.stderr), (3, True), done)
        self.assertEqual(database.read_bytes(), self.database.read_bytes())

    def test_a_copy_of_a_later_time_costs_the_new_one_nothing(self):
        later = self.folder / "carrel-20991231T235959Z.db"
        shutil.copy(self.database, later)
        done = run("backup", self.folder, "--database", self.database, "--keep", "1")
        self.assertEqual(done.returncode, 0, done)
        self.assertNotIn("removed", done.stdout)
        self.assertEqual(len(self.files()), 2)
        self.assertTrue(later.exists())

    def test_who_holds_a_file_and_who_wrote_it_is_told(self):
        database = self.folder / "carrel.db"
        shutil.copy(self.database, database)
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("INSERT INTO carrel_migrations(number, name, checksum) VALUES (999, 'later', 'x')")
        done = run("backup", self.folder / "copy.db", "--database", database)
        self.assertEqual((done.returncode, "the file is at migration 999, the program" in done.stderr), (3, True), done)
        shutil.copy(self.database, database)
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode=exclusive")
            other.execute("BEGIN EXCLUSIVE")
            for command in (["backup", self.folder / "copy.db", "--database", database], ["migrate", database]):
                done = run(*command)
                self.assertEqual((done.returncode, "is locked by another program" in done.stderr), (4, True), done)
        self.assertFalse((self.folder / "copy.db").exists())

    def test_a_file_with_a_wal_that_a_kill_left(self):
        with Server() as server:
            fill(server, 1000)
            alert = server.client().post("/api/v1/alerts", {"title": "last", "severity": "low"})
            self.assertEqual(alert.status, 201)
            server.stop(signal.SIGKILL)
            wal = pathlib.Path(f"{server.database}-wal")
            left = wal.read_bytes()
            self.assertGreater(len(left), 0)
            for with_index in (True, False):
                if not with_index:
                    pathlib.Path(f"{server.database}-shm").unlink()
                done = run("backup", self.folder / f"{with_index}.db", "--database", server.database)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done)
                self.assertEqual(rows(self.folder / f"{with_index}.db", "SELECT title FROM alerts"), [("last",)])
                self.assertEqual(wal.read_bytes(), left)

    def test_what_cannot_be_is_told_in_a_line(self):
        other = self.folder / "text.db"
        other.write_text("no database" * 100)
        with Server() as server:
            for arguments, status in [([self.folder / "x.db", "--database", server.database], 4),
                                      ([self.folder / "x.db", "--database", self.folder / "none.db"], 3),
                                      ([self.folder / "x.db", "--database", other], 3),
                                      ([self.folder / "no/x.db", "--database", self.database], 3),
                                      ([self.folder / "x.db", "--database", self.database, "--keep", "2"], 2),
                                      (["--database", self.database], 2), ([self.folder / "x.db"], 2),
                                      ([self.folder / "x.db", "--database", self.database, "--name", "x.db"], 2),
                                      ([self.folder, "--database", self.database, "--keep", "0"], 2)]:
                done = run("backup", *arguments)
                self.assertEqual((done.returncode, len(done.stderr.strip().splitlines())), (status, 1), (arguments, done))
                self.assertFalse([name for name in self.files() if name != "text.db"], arguments)

    def test_a_copy_that_is_broken_off_leaves_nothing(self):
        database = self.folder / "big.db"
        shutil.copy(self.database, database)
        database.chmod(0o600)
        (self.folder / "to").mkdir()
        running = subprocess.Popen([PROGRAM, "backup", self.folder / "to", "--database", database],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
        wait_for(lambda: list((self.folder / "to").iterdir()) or running.poll() is not None)
        running.send_signal(signal.SIGINT)
        said = running.communicate()
        self.assertIn(running.returncode, (0, 1), said)
        self.assertEqual(len(list((self.folder / "to").iterdir())), 1 - running.returncode, said)

    def test_one_that_is_damaged_is_not_kept(self):
        database = self.folder / "damaged.db"
        damaged = bytearray(self.database.read_bytes())
        for page in range(20, len(damaged) // 4096, 7):
            damaged[page * 4096:page * 4096 + 64] = b"\xff" * 64
        database.write_bytes(damaged)
        database.chmod(0o600)
        done = run("backup", self.folder / "copy.db", "--database", database)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (7, 1), done)
        self.assertFalse(list(self.folder.glob("copy*")))


main()
