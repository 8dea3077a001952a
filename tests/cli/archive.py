"""An archive that is away at a start is not begun anew: its disk may not be mounted yet. A first one is made."""
import fcntl
import pathlib
import shutil
import signal
import tempfile
import unittest

from carrel_program import Server, main, run

FAILED, USAGE, FILE, IN_USE = 1, 2, 3, 4


class Archives(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-archive-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = pathlib.Path(self.temporary.name)
        self.archive = self.directory / "disk/archive"
        self.archive.parent.mkdir()
        self.note = self.directory / "carrel.db.archived"

    def serve(self, archive=None):
        return Server("--archive", str(archive or self.archive), directory=self.directory)

    def write_one(self, archive=None):
        with self.serve(archive) as server:
            self.assertEqual(server.client().post("/api/v1/alerts", {"title": "a", "severity": "low"}).status, 201)
            self.assertEqual(server.stop(), 0)

    def generations(self, archive=None):
        return sorted(each.name for each in (archive or self.archive).iterdir() if each.is_dir())

    def is_refused(self):
        ended = run("serve", "--listen", "127.0.0.1:0", "--database", "carrel.db", "--archive", self.archive,
                    cwd=self.directory, timeout=60)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (FILE, "", 1), ended.stderr)
        for part in (f"--archive: {self.archive}: ", "mount its disk", str(self.note)):
            self.assertIn(part, ended.stderr)

    def test_a_first_one_is_made_also_of_a_database_that_has_commits(self):
        with Server(directory=self.directory) as server:
            self.assertEqual(server.stop(), 0)
        self.assertFalse(self.note.exists())
        for _ in range(2):
            self.write_one()
            self.assertEqual(self.note.read_text(), f"{self.archive}\n")
        self.assertNotIn("warning archive", (self.directory / "server.log").read_text())

    def test_one_that_is_away_is_not_made_anew_and_goes_on_once_it_is_back(self):
        self.write_one()
        self.archive.parent.rename(self.directory / "unmounted")
        self.is_refused()
        self.archive.parent.mkdir()  # the bare place of the disk
        self.is_refused()
        self.assertFalse(self.archive.exists())
        self.archive.mkdir()
        self.is_refused()
        self.assertEqual(list(self.archive.iterdir()), [])
        shutil.rmtree(self.archive.parent)
        (self.directory / "unmounted").rename(self.archive.parent)
        self.write_one()
        self.assertEqual(self.generations(), ["00000001"])

    def test_one_that_is_lost_is_begun_anew_by_who_removes_the_note(self):
        self.write_one()
        shutil.rmtree(self.archive)
        self.is_refused()
        self.note.unlink()
        self.write_one()
        self.assertEqual(self.generations(), ["00000001"])
        self.assertTrue(self.note.exists())

    def test_another_one_may_be_begun_at_any_time(self):
        self.write_one()
        self.archive.rename(self.directory / "gone")
        other = self.directory / "other"
        self.write_one(other)
        self.assertEqual(self.generations(other), ["00000001"])
        self.assertEqual(self.note.read_text(), f"{other}\n")

    def test_a_copy_without_a_lock_is_an_archive(self):
        self.write_one()
        (self.archive / "lock").unlink()
        self.write_one()
        self.assertEqual(self.generations(), ["00000001"])

    def test_a_note_that_cannot_be_read_is_not_passed_over(self):
        self.write_one()
        self.note.unlink()
        self.note.mkdir()
        ended = run("serve", "--listen", "127.0.0.1:0", "--database", "carrel.db", "--archive", self.archive,
                    cwd=self.directory, timeout=60)
        self.assertEqual((ended.returncode, ended.stderr.count(str(self.note))), (FILE, 1), ended.stderr)

    def test_a_server_whose_archive_is_away_does_not_restart_in_place(self):
        with self.serve() as server:
            self.archive.rename(self.directory / "gone")
            server.process.send_signal(signal.SIGUSR2)
            while "the server goes on" not in server.log_text():
                self.assertNotIn("restarting in place", server.log_text())
            (self.directory / "gone").rename(self.archive)
            self.assertEqual(server.client().get("/health/live").status, 200)
            self.assertEqual(server.stop(), 0)
        self.assertIn(f"SIGUSR2: --archive: {self.archive}: ", server.log_text())

    def test_one_is_not_where_the_note_is(self):
        for place in ("carrel.db.archived", "./carrel.db.archived/", self.note):
            ended = run("serve", "--listen", "127.0.0.1:0", "--database", "carrel.db", "--archive", place, cwd=self.directory, timeout=60)
            self.assertEqual((ended.returncode, "--archive: " in ended.stderr, ended.stderr.count("\n")), (USAGE, True, 1), ended)
        self.assertFalse(self.note.exists())

    def restored(self, target):
        done = run("restore", "--archive", self.archive, target, timeout=60)
        self.assertLessEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.returncode, done.stderr

    def test_a_restore_says_what_its_target_lacks(self):
        with self.serve() as server:
            while "  base at " not in run("restore", "--archive", self.archive, "--list").stdout:
                self.assertIsNone(server.process.poll())
            self.assertEqual(server.stop(), 0)
        target, partial = self.directory / "new.db", self.directory / "new.db.partial"
        with open(partial, "wb") as theirs:
            fcntl.flock(theirs, fcntl.LOCK_EX)
            self.assertEqual(self.restored(target), (IN_USE, f"carrel: restore: another process writes {partial}\n"))
        self.assertEqual(self.restored(target), (0, ""))
        self.assertEqual(self.restored(target), (FILE, f"carrel: restore: {target} exists\n"))
        self.assertEqual(self.restored(self.directory / "no/new.db")[0], FILE)
        self.assertEqual(run("restore", "--archive", self.archive, "--at", 10**9, self.directory / "other.db").returncode, FAILED)


if __name__ == "__main__":
    main()
