"""`carrel ingest`, `import` and `export` log in to a server by the token in a file, and nothing tells the token to anybody else."""
import json
import pathlib
import tempfile
import unittest

from carrel_program import Server, clean_environment, main, run

USAGE, FILE, NETWORK, PERMISSION = 2, 3, 5, 6
PASSWORD = "Correct-horse-1"
RULE = "title: t\nlogsource: {category: c}\ndetection: {s: {host: h1}, condition: s}\nlevel: low\n"


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="carrel-tokens-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.directory = pathlib.Path(cls.temporary.name)
        database = cls.directory / "carrel.db"
        run("user", "add", "root", "--role", "admin", "--database", database, stdin=PASSWORD + "\n")
        cls.token = run("user", "token", "root", "--database", database).stdout.strip()
        cls.narrow = run("user", "token", "root", "--scope", "read:alerts", "--database", database).stdout.strip()
        cls.server = Server(directory=cls.directory)
        cls.addClassCleanup(cls.server.end)
        cls.events, cls.rule = cls.directory / "events.ndjson", cls.directory / "rule.yml"
        cls.events.write_text('{"host":"h1"}\n')
        cls.rule.write_text(RULE)

    def file_of(self, text, mode=0o600):
        path = self.directory / f"{self.id()}.token"
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)
        self.addCleanup(path.unlink, missing_ok=True)
        return path

    def commands(self):
        return (["ingest", self.events], ["import", "sigma", self.rule], ["export"])

    def each(self, *flags, status=0, naming="", url=None, env=None):
        for command in self.commands():
            with self.subTest(command=command[0]):
                done = run(*command, "--url", url or self.server.url, *flags, env=env)
                self.assertEqual(done.returncode, status, done)
                self.assertIn(naming, done.stderr)
                for secret in (self.token, self.narrow, "HUNTER2"):
                    self.assertNotIn(secret, done.stderr + done.stdout)
        return done

    def test_each_command_logs_in(self):
        for end in ("", "\n", "\r\n"):
            done = self.each("--token-file", self.file_of(self.token + end))
            self.assertEqual(json.loads(done.stdout.splitlines()[0])["host"], "h1")

    def test_the_environment_names_the_file(self):
        env = clean_environment(CARREL_TOKEN_FILE=str(self.file_of(self.token + "\n")))
        self.each(env=env)
        self.each("--token-file", self.file_of(self.narrow), status=NETWORK, naming="403", env=env)
        copy = self.directory / "other.db"
        self.assertEqual(run("ingest", self.events, "--database", copy, env=env).returncode, 0)
        server = Server(directory=None, env=env)  # what is another command's does not keep a server from starting
        server.end()

    def test_who_is_not_let_in_is_told_what_to_do(self):
        self.each(status=NETWORK, naming="--token-file FILE logs in")
        self.each("--token-file", self.file_of(self.token[:-1] + ("x" if self.token[-1] != "x" else "y")), status=NETWORK,
                  naming="--token-file FILE logs in")
        self.each("--token-file", self.file_of(self.narrow), status=NETWORK, naming="whose scopes name it")

    def test_a_file_that_is_no_token_of_ones_own_is_refused(self):
        self.each("--token-file", self.directory / "none", status=FILE, naming="none: No such file")
        self.each("--token-file", self.directory, status=FILE, naming="no regular file")
        for text in ("", "\n", "two words", self.token + "\n\n", self.token + "\nX: y\n", "é", "x" * 1025):
            self.each("--token-file", self.file_of(text), status=FILE, naming="does not hold one token")
        for mode in (0o640, 0o604, 0o620):
            self.each("--token-file", self.file_of(self.token, mode), status=PERMISSION, naming=f"{mode:04o}")
        self.each("--token-file", "", status=USAGE, naming="--token-file")

    def test_a_credential_of_systemd_is_such_a_file(self):
        path = self.file_of(self.token, 0o440)
        self.each("--token-file", path, env=clean_environment(CREDENTIALS_DIRECTORY=str(self.directory)))

    def test_a_token_goes_nowhere_where_it_could_be_read(self):
        path = self.file_of(self.token)
        for url in ("http://192.0.2.1:8080", "http://siem.example", "http://127.0.0.1.siem.example", "http://0.0.0.0:1",
                    "http://localhost.siem.example"):
            self.each("--token-file", path, url=url, status=USAGE, naming="https:// or to loopback only")
        self.each("--token-file", path, url=f"http://localhost:{self.server.port}")

    def test_a_secret_in_a_url_is_refused_and_not_repeated(self):
        there = f"127.0.0.1:{self.server.port}"
        for url in (f"http://root:HUNTER2@{there}", f"https://HUNTER2@{there}/x", f"http//root:HUNTER2@{there}",
                    f"http://root:HUN/TER2/HUNTER2@{there}"):
            self.each(url=url, status=USAGE, naming="--token-file FILE logs in")
        for url in (f"http://{there}/?token=HUNTER2", f"http://{there}/#HUNTER2"):
            self.each(url=url, status=USAGE, naming="no query")
        for arguments in (["export", f"http://root:HUNTER2@{there}"], ["ingest", f"http://root:HUN/HUNTER2@{there}"],
                          ["import", "sigma", f"https://HUNTER2@{there}"], [f"http://root:HUNTER2@{there}"]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("@" + there, done.stderr)
                self.assertNotIn("HUNTER2", done.stderr)

    def test_what_is_about_a_server_does_not_go_with_a_file(self):
        for flag in ("--url", "--cacert", "--token-file"):
            for command in self.commands():
                with self.subTest(flag=flag, command=command[0]):
                    done = run(*command, "--database", self.directory / "none.db", flag, "http://127.0.0.1:1")
                    self.assertEqual((done.returncode, flag in done.stderr), (USAGE, True), done.stderr)
        self.assertFalse((self.directory / "none.db").exists())

    def test_no_log_has_a_token(self):
        self.each("--token-file", self.file_of(self.token))
        self.each("--token-file", self.file_of(self.narrow), status=NETWORK)
        text = self.server.log_text()
        self.assertTrue(text)
        self.assertNotIn(self.token, text)
        self.assertNotIn(self.narrow, text)


if __name__ == "__main__":
    main()
