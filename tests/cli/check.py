"""carrel check: 0 sound, 1 damaged; beside a server too."""
import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import tempfile
import unittest

from carrel_program import Server, main, run


class Check(unittest.TestCase):
    def filled(self, server, requests=20):
        client = server.client()
        for i in range(requests):
            lines = "".join('{"Message":"line %d of %d with some text"}\n' % (j, i) for j in range(50))
            self.assertEqual(client.post("/api/v1/events", lines, Content_Type="application/x-ndjson").status, 201)

    def test_a_sound_file_is_ok_with_and_without_a_server(self):
        with Server() as server:
            self.filled(server)
            beside = run("check", "--database", server.database)
            self.assertEqual((beside.returncode, beside.stderr), (0, ""))
            self.assertIn("ok", beside.stdout)
            self.assertEqual(server.client().get("/api/v1/events/count").json(), {"count": 1000})
            self.assertEqual(server.stop(), 0)
            before = server.database.read_bytes()
            self.assertEqual(run("check", "--database", server.database).returncode, 0)
            self.assertEqual(server.database.read_bytes(), before)

    def copied(self, server, directory, *suffixes):
        # The files are of one moment: a server that goes on may begin its WAL anew between them.
        server.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, server.process.pid, os.WSTOPPED)
        for suffix in suffixes:
            shutil.copy(f"{server.database}{suffix}", f"{directory}/copy.db{suffix}")
        server.process.send_signal(signal.SIGCONT)

        def contents():  # but for the WAL's index: who reads marks where it reads
            return {path.name: path.name.endswith("-shm") or path.read_bytes() for path in directory.iterdir()}

        before = contents()
        directory.chmod(0o500)  # nothing may be written there
        found = run("check", "--database", directory / "copy.db")
        directory.chmod(0o700)
        self.assertTrue(contents() == before, found)
        return found

    def test_copies_are_read_as_they_are_and_left_so(self):
        with Server() as server, tempfile.TemporaryDirectory() as kept:
            self.filled(server)
            for number, (suffixes, stdout, stderr) in enumerate([
                    (("", "-wal"), ": ok\n", ""),
                    (("", "-wal", "-shm"), ": ok\n", ""),
                    (("", "-shm"), ": the database file alone is sound\n", "-wal is missing"),
                    (("",), ": the database file alone is sound\n", "without its -wal: commits may be missing")]):
                directory = pathlib.Path(kept, str(number))
                directory.mkdir()
                found = self.copied(server, directory, *suffixes)
                self.assertEqual(found.returncode, 0, found)
                self.assertTrue(found.stdout.endswith(stdout), found)
                self.assertIn(stderr, found.stderr)
                self.assertEqual(bool(found.stderr), bool(stderr), found)

    def test_a_copy_without_its_wal_is_served_with_a_warning(self):
        with Server() as server, tempfile.TemporaryDirectory() as kept:
            self.filled(server)
            shutil.copy(server.database, f"{kept}/copy.db")
            with Server(directory=kept, database="copy.db") as other:
                self.assertEqual(other.client().get("/health/ready").status, 200)
                self.assertEqual(other.stop(), 0)
            self.assertIn("copy.db was copied from an open database, or left by one, without its -wal", other.log_text())
            self.assertEqual(run("check", "--database", other.database).stderr, "")

    def test_damage_is_found(self):
        with Server() as server:
            self.filled(server)
            self.assertEqual(server.stop(), 0)
            page = 4096
            content = bytearray(server.database.read_bytes())
            for at in range(4 * page, len(content) - page, 3 * page):
                content[at:at + 64] = b"\xa5" * 64
            server.database.write_bytes(content)
            found = run("check", "--database", server.database)
            self.assertEqual(found.returncode, 1, found)
            self.assertTrue(found.stdout.strip())

    def test_damage_inside_of_a_segment_is_found_and_named(self):
        changes = {
            "columns": "columns = zeroblob(length(columns))",
            "filter is damaged": "filter = substr(filter, 1, length(filter) - 1)",
            "filter denies": "filter = (SELECT filter FROM event_segments WHERE seq = 2)",
            "events are damaged": "data = x''",
            "of its events are damaged": "data = CAST(substr(data, 1, length(data) - 1) || x'00' AS BLOB)",
            "events than it says": "events = events + 1",
            "times go beyond": "to_at = to_at + 1",
            "ids go beyond": "from_id = zeroblob(16)",
            "longer or shorter": "bytes = bytes + 1",
        }
        of_summary = {
            "paths are damaged": "paths = substr(paths, 1, length(paths) - 1)",
            "paths lack one": "paths = (SELECT paths FROM segment_summaries WHERE segment = 6)",
            "summary is damaged": "texts = x''",
            "summary of a column is damaged": "texts = CAST(substr(texts, 1, length(texts) - 1) || x'00' AS BLOB)",
            "counts other events": "texts = (SELECT texts FROM segment_summaries WHERE segment = 6)",
        }
        updates = [(said, f"event_segments SET {change} WHERE seq = 3") for said, change in changes.items()]
        updates += [(said, f"segment_summaries SET {change} WHERE segment = 3") for said, change in of_summary.items()]
        for said, change in updates:
            with self.subTest(change), Server() as server:
                self.filled(server, 5)  # too few to be put together
                others = '{"host":"a"}\n' * 50
                self.assertEqual(server.client().post("/api/v1/events", others, Content_Type="application/x-ndjson").status, 201)
                self.assertEqual(server.stop(), 0)
                with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as database:
                    database.execute(f"UPDATE {change}")
                found = run("check", "--database", server.database)
                self.assertEqual(found.returncode, 1, found)
                self.assertIn("segment 3 of the events: ", found.stdout)
                self.assertIn(said, found.stdout)
                self.assertEqual([line for line in found.stdout.splitlines() if "segment 3" not in line], [])


main()
