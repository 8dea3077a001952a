"""carrel check: 0 sound, 1 damaged; beside a server too."""
import pathlib
import shutil
import tempfile
import unittest

from carrel_program import Server, main, run


class Check(unittest.TestCase):
    def filled(self, server):
        client = server.client()
        for i in range(20):
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
        for suffix in suffixes:
            shutil.copy(f"{server.database}{suffix}", f"{directory}/copy.db{suffix}")

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


main()
