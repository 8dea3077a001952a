"""What cannot work is refused in one clear line on stderr with exit status 2, and nothing is created."""
import os
import pathlib
import socket
import tempfile
import unittest

from carrel_program import Server, main, run


class Refusals(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-refusals-")
        self.directory = pathlib.Path(self.temporary.name)
        self.addCleanup(self.temporary.cleanup)

    def content(self):
        return sorted((path.name, path.read_bytes()) for path in self.directory.iterdir())

    def refused(self, *arguments, naming):
        before = self.content()
        ended = run(*arguments, cwd=self.directory)
        self.assertEqual((ended.returncode, ended.stdout), (2, ""), ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertIn(naming, ended.stderr)
        self.assertEqual(self.content(), before)

    def serve_refused(self, *flags, naming):
        self.refused("serve", "--listen", "127.0.0.1:0", *flags, naming=naming)

    def test_bad_flags(self):
        self.serve_refused("--raeders", "4", naming="--raeders")
        self.serve_refused("--readers", naming="--readers")
        self.serve_refused("extra", naming="extra")
        self.refused("sevre", naming="sevre")

    def test_bad_values(self):
        for flag, values in {"--readers": ["0", "1", "-3", "ten", "1000", "4.5"], "--shards": ["0", "x"],
                             "--durability": ["most", ""], "--log-format": ["xml"], "--log-level": ["loud"],
                             "--batch-jobs-max": ["0"], "--listen": ["8080", "nowhere", "127.0.0.1:99999", "127.0.0.1:"],
                             "--config": ["no-such.toml"]}.items():
            for value in values:
                with self.subTest(flag=flag, value=value):
                    self.refused("serve", flag, value, naming=flag if flag != "--config" else "no-such.toml")

    def test_more_shards_than_readers(self):
        self.serve_refused("--readers", "4", "--shards", "4", naming="--shards")

    def test_an_open_address_without_insecure(self):
        self.refused("serve", "--listen", "0.0.0.0:0", naming="--insecure")
        self.refused("serve", "--listen", "[::]:0", naming="--insecure")

    def test_a_missing_directory(self):
        self.serve_refused("--database", "missing/carrel.db", naming="missing/carrel.db")

    def test_a_file_that_is_no_database(self):
        (self.directory / "notes.db").write_text("just some notes, longer than a header of a database would be " * 20)
        self.serve_refused("--database", "notes.db", naming="notes.db")

    def test_a_directory_as_database(self):
        (self.directory / "folder").mkdir()
        ended = run("serve", "--listen", "127.0.0.1:0", "--database", "folder", cwd=self.directory)
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (2, 1), ended.stderr)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["folder"])

    def test_a_read_only_file(self):
        path = self.directory / "carrel.db"
        with Server(directory=self.directory) as server:
            self.assertEqual(server.stop(), 0)
        path.chmod(0o400)
        (self.directory / "server.log").unlink()
        self.serve_refused("--database", "carrel.db", naming="carrel.db")

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused("serve", "--listen", address, naming=address)

    def test_a_database_that_another_server_holds(self):
        with Server() as server:
            before = sorted(os.listdir(server.directory))
            ended = run("serve", "--listen", "127.0.0.1:0", "--database", server.database)
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (2, 1), ended.stderr)
            ended = run("ingest", "/dev/null", "--database", server.database)
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (2, 1), ended.stderr)
            self.assertEqual(sorted(os.listdir(server.directory)), before)
            self.assertEqual(server.client().get("/health/ready").status, 200)

    def test_ingest_and_check(self):
        self.refused("ingest", naming="FILE")
        self.refused("ingest", "missing.ndjson", naming="missing.ndjson")
        self.refused("ingest", "/dev/null", "--url", "ftp://x", naming="ftp://x")
        self.refused("ingest", "/dev/null", "--url", "http://127.0.0.1:1", "--database", "a.db", naming="--database")
        self.refused("ingest", "/dev/null", "--database", "missing/a.db", naming="missing/a.db")
        self.refused("check", "--database", "missing.db", naming="missing.db")
        self.refused("check", naming="carrel.db")
        (self.directory / "notes.txt").write_text("no database at all " * 100)
        self.refused("check", "--database", "notes.txt", naming="notes.txt")


main()
