"""What cannot work is refused in one clear line on stderr with an exit status of its kind, and nothing is created."""
import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import unittest

from carrel_program import PROGRAM, Server, clean_environment, main, run


USAGE, FILE, IN_USE, NETWORK, PERMISSION, DAMAGED = 2, 3, 4, 5, 6, 7


class Refusals(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-refusals-")
        self.directory = pathlib.Path(self.temporary.name)
        self.addCleanup(self.temporary.cleanup)

    def content(self):
        return sorted((path.name, path.read_bytes()) for path in self.directory.iterdir())

    def refused(self, *arguments, naming, status=USAGE, **more):
        before = self.content()
        ended = run(*arguments, cwd=self.directory, **more)
        self.assertEqual((ended.returncode, ended.stdout), (status, ""), ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        self.assertIn(naming, ended.stderr)
        self.assertEqual(self.content(), before)

    def serve_refused(self, *flags, naming, status=USAGE):
        self.refused("serve", "--listen", "127.0.0.1:0", *flags, naming=naming, status=status)

    def test_bad_flags(self):
        self.serve_refused("--raeders", "4", naming="--raeders")
        self.serve_refused("--readers", naming="--readers")
        self.serve_refused("extra", naming="extra")
        self.refused("sevre", naming="sevre")

    def test_bad_values(self):
        for flag, values in {"--readers": ["0", "1", "-3", "ten", "1000", "4.5"], "--shards": ["0", "x"],
                             "--durability": ["most", ""], "--log-format": ["xml"], "--log-level": ["loud"],
                             "--batch-jobs-max": ["0"], "--unpack-ratio-max": ["0"],
                             "--disk-reserve-percent-max": ["101"], "--body-progress-ms": ["x"], "--otlp-sample-ratio": ["nan", "1.1"],
                             "--allow-host": ["", "a b", "https://siem.example", "*.siem.example", "siem.example:x", "siem.example/"],
                             "--allow-outbound": ["", "https://siem.example", "*"],
                             "--allow-origin": ["siem.example", "https://", "https://a/b"], "--trusted-proxy": ["proxy"], "--listen": ["8080", "nowhere", "127.0.0.1:99999", "127.0.0.1:"],
                             "--config": ["no-such.toml"]}.items():
            for value in values:
                with self.subTest(flag=flag, value=value):
                    self.refused("serve", flag, value, naming=flag if flag != "--config" else "no-such.toml",
                                 status=USAGE if flag != "--config" else FILE)

    def test_a_log_is_none_of_the_files_that_the_server_needs(self):
        database = self.directory / "carrel.db"
        database.touch()
        (self.directory / "other-name").hardlink_to(database)
        (self.directory / "link").symlink_to("carrel.db")
        (self.directory / "site.key").write_text("key")
        names = ["carrel.db", "carrel.db-wal", "./carrel.db-shm", "carrel.db-journal", "carrel.db.lock", "carrel.db.key", "carrel.db.archived",
                 str(database), "other-name", "link", "site.key"]
        for flag in ("--log-file", "--access-log"):
            for name in names:
                with self.subTest(flag=flag, name=name):
                    self.serve_refused("--key-file", "site.key", flag, name, naming=f"{flag}: ")

    def test_copies_do_not_lie_beside_the_database(self):
        link = pathlib.Path(f"{self.directory}-link")
        link.symlink_to(self.directory)
        self.addCleanup(link.unlink)
        for place in (".", "./", str(self.directory), str(link)):
            for database in ("carrel.db", str(self.directory / "carrel.db")):
                self.serve_refused("--database", database, "--backup-directory", place, naming="--backup-directory: ")

    def test_more_shards_than_readers(self):
        self.serve_refused("--readers", "4", "--shards", "4", naming="--shards")

    def test_an_open_address_without_insecure(self):
        self.refused("serve", "--listen", "0.0.0.0:0", naming="--insecure")
        self.refused("serve", "--listen", "[::]:0", naming="--insecure")

    def test_a_missing_directory(self):
        self.serve_refused("--database", "missing/carrel.db", naming="missing/carrel.db", status=FILE)

    def test_a_file_that_is_no_database(self):
        (self.directory / "notes.db").write_text("just some notes, longer than a header of a database would be " * 20)
        self.serve_refused("--database", "notes.db", naming="notes.db", status=FILE)

    def test_a_directory_as_database(self):
        (self.directory / "folder").mkdir()
        ended = run("serve", "--listen", "127.0.0.1:0", "--database", "folder", cwd=self.directory)
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (FILE, 1), ended.stderr)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["folder"])

    def test_a_read_only_file(self):
        path = self.directory / "carrel.db"
        with Server(directory=self.directory) as server:
            self.assertEqual(server.stop(), 0)
        path.chmod(0o400)
        (self.directory / "server.log").unlink()
        self.serve_refused("--database", "carrel.db", naming="carrel.db", status=PERMISSION)

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused("serve", "--listen", address, naming=address, status=NETWORK)

    def test_a_database_that_another_server_holds(self):
        with Server() as server:
            before = sorted(os.listdir(server.directory))
            ended = run("serve", "--listen", "127.0.0.1:0", "--database", server.database)
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (IN_USE, 1), ended.stderr)
            ended = run("ingest", "/dev/null", "--database", server.database)
            self.assertEqual((ended.returncode, ended.stderr.count("\n")), (IN_USE, 1), ended.stderr)
            self.assertEqual(sorted(os.listdir(server.directory)), before)
            self.assertEqual(server.client().get("/health/ready").status, 200)

    def test_ingest_and_check(self):
        self.refused("ingest", naming="FILE")
        self.refused("ingest", "missing.ndjson", naming="missing.ndjson", status=FILE)
        self.refused("ingest", "/dev/null", "--url", "ftp://x", naming="ftp://x")
        self.refused("ingest", "/dev/null", "--url", "http://127.0.0.1:1", "--database", "a.db", naming="--database")
        self.refused("ingest", "/dev/null", "--database", "missing/a.db", naming="missing/a.db", status=FILE)
        self.refused("check", "--database", "missing.db", naming="missing.db", status=FILE)
        self.refused("check", naming="carrel.db", status=FILE)
        (self.directory / "notes.txt").write_text("no database at all " * 100)
        self.refused("check", "--database", "notes.txt", naming="notes.txt", status=FILE)
        self.refused("migrate", "notes.txt", naming="notes.txt", status=FILE)
        tried = run("migrate", "notes.txt", "--dry-run", cwd=self.directory)
        self.assertEqual((tried.returncode, "notes.txt is not a SQLite database" in tried.stderr), (FILE, True), tried)

    def test_a_name_that_is_not_utf8(self):
        with Server(database=os.fsdecode(b"\xff.db")) as server:
            self.assertIn('database_path="\uFFFD.db"', server.client().get("/metrics").body.decode())

    def test_files_that_strangers_may_write(self):
        path = self.directory / "carrel.db"
        with Server(directory=self.directory) as server:
            self.assertEqual(server.stop(), 0)
        (self.directory / "server.log").unlink()
        path.chmod(0o666)
        self.serve_refused("--database", "carrel.db", naming="0666", status=PERMISSION)
        self.refused("ingest", "/dev/null", "--database", "carrel.db", naming="0666", status=PERMISSION)
        path.chmod(0o600)
        self.directory.chmod(0o777)
        self.serve_refused("--database", "carrel.db", naming="0777", status=PERMISSION)
        self.directory.chmod(0o1777)  # as /tmp is: only the owner of a file may replace it
        with Server(directory=self.directory) as server:
            self.assertEqual(server.stop(), 0)

    def test_a_settings_file_that_strangers_may_write(self):
        path = self.directory / "carrel.toml"
        path.write_text("readers = 4\n")
        path.chmod(0o646)
        self.serve_refused("--config", "carrel.toml", naming="0646", status=PERMISSION)
        path.chmod(0o644)
        if os.geteuid() == 0:
            os.chown(path, 12345, 12345)
            self.serve_refused("--config", "carrel.toml", naming="another user", status=PERMISSION)

    def test_a_key_of_secrets(self):
        flags = ("--database", "carrel.db", "--key-file", "key")
        path = self.directory / "key"
        self.serve_refused(*flags, naming="key", status=FILE)
        for content in (b"", bytes(31), bytes(33), b"x" * 64):
            path.write_bytes(content)
            path.chmod(0o600)
            self.serve_refused(*flags, naming="32 bytes", status=FILE)
        path.write_bytes(bytes(32))
        path.chmod(0o640)
        self.serve_refused(*flags, naming="0640", status=PERMISSION)
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, 12345, 12345)
            self.serve_refused(*flags, naming="another user", status=PERMISSION)
        path.unlink()
        path.mkdir()
        ended = run("serve", "--listen", "127.0.0.1:0", *flags, cwd=self.directory)
        self.assertEqual((ended.returncode, "no regular file" in ended.stderr), (FILE, True), ended.stderr)

    def test_a_key_of_secrets_that_is_a_credential_of_systemd(self):
        path = self.directory / "key"
        path.write_bytes(bytes(32))
        path.chmod(0o440)
        env = clean_environment(CREDENTIALS_DIRECTORY=str(self.directory))
        with Server("--key-file", str(path), directory=self.directory, env=env) as server:
            self.assertEqual(server.stop(), 0)

    def test_a_database_that_others_may_read_is_told(self):
        path = self.directory / "carrel.db"
        with Server(directory=self.directory) as server:
            self.assertNotIn("should be 0600", server.log_text())
            self.assertEqual(server.stop(), 0)
        path.chmod(0o640)
        with Server(directory=self.directory) as server:
            self.assertIn(f"warning {path} (mode 0640) may be read or written by others", server.log_text())
            self.assertEqual(server.log_text().count("should be 0600"), 1)  # the WAL has the mode of its database
            self.assertEqual(server.stop(), 0)

    def test_a_wal_that_others_may_read_is_told(self):
        path = self.directory / "carrel.db"
        with Server(directory=self.directory) as server:
            self.assertEqual(server.client().post("/api/v1/events", {"host": "h1"}).status, 201)
            server.process.kill()
            server.process.wait()
        pathlib.Path(f"{path}-wal").chmod(0o644)  # SQLite gives the shared memory its mode anew
        with Server(directory=self.directory) as server:
            self.assertIn(f"warning {path}-wal (mode 0644) may be read or written by others", server.log_text())
            self.assertNotIn(f"{path} (mode", server.log_text())
            self.assertEqual(server.stop(), 0)

    def test_help_says_what_insecure_does(self):
        said = " ".join(run("serve", "--help").stdout.split())
        self.assertIn("serve beyond loopback also without TLS and without users, and take syslog there", said)
        self.assertNotIn("without authentication", said)

    def test_a_damaged_database(self):
        path = self.directory / "carrel.db"
        with Server(directory=self.directory) as server:
            self.assertEqual(server.stop(), 0)
        (self.directory / "server.log").unlink()
        content = bytearray(path.read_bytes())
        content[100:4096] = b"\xa5" * 3996  # the root of the schema
        path.write_bytes(content)
        ended = run("serve", "--listen", "127.0.0.1:0", cwd=self.directory)
        self.assertEqual((ended.returncode, ended.stdout), (DAMAGED, ""), ended.stderr)

    def test_too_few_descriptors(self):
        for count in (6, 12, 20):
            limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
            ended = subprocess.run([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--database", ":memory:"],
                                   cwd=self.directory, env=clean_environment(), preexec_fn=limit, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual((ended.returncode, ended.stdout), (USAGE, ""), (count, ended.stderr))
            self.assertEqual([line for line in ended.stderr.splitlines() if "terminate" in line], [])
            self.assertIn("open files", ended.stderr.splitlines()[-1])


main()
