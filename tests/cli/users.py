"""Users are made on the machine itself, without a server; a server with users answers nobody who is not known."""
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import unittest

from carrel_program import NEEDS_IPV6, PROGRAM, Client, Server, clean_environment, main, run

PASSWORD = "Correct-horse-1"


class Users(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-users-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = pathlib.Path(self.temporary.name)
        self.database = self.directory / "carrel.db"

    def user(self, *arguments, stdin="", status=0):
        ended = run("user", *arguments, "--database", self.database, stdin=stdin)
        self.assertEqual(ended.returncode, status, ended.stderr)
        return ended

    def add(self, name="root", role="admin"):
        self.user("add", name, "--role", role, stdin=PASSWORD + "\n")

    def test_an_administrator_is_made_and_logs_in(self):
        self.add()
        with Server(directory=self.directory) as server:
            self.assertEqual(server.client().request("GET", "/api/v1/alerts").status, 401)
            reply = server.client().request("POST", "/api/v1/auth/login", {"username": "root", "password": PASSWORD})
            self.assertEqual(reply.status, 200)
            self.assertIn("carrel_session=", reply.headers["Set-Cookie"])

    def test_a_token_is_printed_alone(self):
        self.add()
        token = self.user("token", "root", "--scope", "read:alerts").stdout.strip()
        with Server(directory=self.directory) as server:
            known = {"Authorization": "Bearer " + token}
            self.assertEqual(server.client().request("GET", "/api/v1/alerts", headers=known).status, 200)
            self.assertEqual(server.client().request("GET", "/api/v1/rules", headers=known).status, 403)
            self.assertNotIn(token, server.log_text())

    def test_what_cannot_be_printed_is_an_error(self):
        self.add()
        for command in (("user", "token", "root"), ("user", "list"), ("check",)):
            with open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *command, "--database", str(self.database)], stdout=full, stderr=subprocess.PIPE,
                                      env=clean_environment(), text=True)
            self.assertEqual((done.returncode, done.stderr),
                             (3, f"carrel: {command[0]}: stdout cannot be written: what was to be printed is lost\n"), command)

    def test_the_other_commands(self):
        self.add()
        self.add("eve", "analyst")
        self.assertEqual(self.user("list").stdout.splitlines(), ["eve\tanalyst\tactive", "root\tadmin\tactive"])
        self.user("role", "eve", "viewer")
        self.user("disable", "eve")
        self.assertIn("eve\tviewer\tinactive", self.user("list").stdout)
        self.user("enable", "eve")
        self.user("password", "eve", stdin="Another-horse-2\n")
        with Server(directory=self.directory) as server:
            body = {"username": "eve", "password": "Another-horse-2"}
            self.assertEqual(server.client().request("POST", "/api/v1/auth/login", body).status, 200)
            for _ in range(5):
                server.client().request("POST", "/api/v1/auth/login", body | {"password": "x"})
            self.assertEqual(server.client().request("POST", "/api/v1/auth/login", body).status, 423)
        self.assertIn("locked until", self.user("list").stdout)
        self.user("unlock", "eve")
        self.assertNotIn("locked until", self.user("list").stdout)

    def test_what_cannot_be_is_refused_and_says_why(self):
        for arguments, stdin, naming in ((["add", "root", "--role", "admin"], "short\n", "password"),
                                         (["add", "root", "--role", "admin"], "", "no password"),
                                         (["add", "root", "--role", "viewer"], PASSWORD + "\n", "administrator"),
                                         (["add", "r t", "--role", "admin"], PASSWORD + "\n", "username"),
                                         (["role", "nobody", "admin"], "", "nobody")):
            with self.subTest(arguments=arguments):
                ended = self.user(*arguments, stdin=stdin, status=1)
                self.assertIn(naming, ended.stderr)
        self.add()
        self.assertIn("administrator", self.user("disable", "root", status=1).stderr)
        with Server(directory=self.directory):
            self.user("list", status=4)

    def test_a_password_is_never_an_argument(self):
        self.assertEqual(run("user", "add", "root", "--role", "admin", "--password", PASSWORD).returncode, 2)

    def typed(self):
        """The program, which a terminal is given to, and the other end of the terminal."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen([PROGRAM, "user", "add", "root", "--role", "admin", "--database", str(self.database)],
                                   stdin=theirs, stdout=theirs, stderr=theirs, env=clean_environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(theirs)
        return process, ours

    def seen_until(self, wanted, ours, seen=b""):
        while wanted not in seen:
            self.assertTrue(select.select([ours], [], [], 60)[0], (wanted, seen))
            seen += os.read(ours, 1024)
        return seen

    def test_a_person_types_it_twice_and_it_is_not_shown(self):
        process, ours = self.typed()
        seen = b""
        for question in (b"Password of root: ", b"Again: "):
            seen = self.seen_until(question, ours, seen)
            self.assertFalse(termios.tcgetattr(ours)[3] & termios.ECHO, seen)
            os.write(ours, PASSWORD.encode() + b"\n")
        seen = self.seen_until(b"added root", ours, seen)
        self.assertEqual(process.wait(60), 0)
        self.assertNotIn(PASSWORD.encode(), seen)

    def test_both_lines_may_be_pasted(self):
        process, ours = self.typed()
        seen = self.seen_until(b"Password of root: ", ours)
        os.write(ours, 2 * (PASSWORD.encode() + b"\n"))
        seen = self.seen_until(b"added root", ours, seen)
        self.assertEqual(process.wait(60), 0)
        self.assertNotIn(PASSWORD.encode(), seen)

    def test_a_terminal_shows_again_what_is_typed_once_the_program_is_ended(self):
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(ending=ending.name):
                process, ours = self.typed()
                self.seen_until(b"Password of root: ", ours)
                process.send_signal(ending)
                self.assertEqual(process.wait(60), -ending)
                self.assertTrue(termios.tcgetattr(ours)[3] & termios.ECHO)

    def test_a_link_makes_the_first_administrator_once(self):
        with Server("--setup-link", directory=self.directory) as server:
            link = server.process.stdout.readline()
            self.assertTrue(link.startswith("set up at " + server.url + "/#setup="), link)
            body = {"token": link.strip().split("#setup=")[1], "username": "root", "password": PASSWORD}
            self.assertEqual(server.client().request("GET", "/api/v1/alerts").status, 401)
            self.assertEqual(server.client().request("POST", "/api/v1/auth/setup", body | {"token": "x"}).status, 403)
            self.assertEqual(server.client().request("POST", "/api/v1/auth/setup", body).status, 201)
            self.assertEqual(server.client().request("POST", "/api/v1/auth/setup", body | {"username": "eve"}).status, 409)
            self.assertNotIn(body["token"], server.log_text())

    @NEEDS_IPV6
    def test_the_link_names_a_host_that_is_served(self):
        for listen, hosts, expected in (("0.0.0.0:0", [], "localhost:{}"), ("[::]:0", [], "localhost:{}"),
                                        ("0.0.0.0:0", ["siem.example", "b.example"], "siem.example:{}"),
                                        ("0.0.0.0:0", ["[2001:db8::1]:8443"], "[2001:db8::1]:8443"),
                                        ("0.0.0.0:0", ["siem.example:8443"], "siem.example:8443"),
                                        ("127.0.0.1:0", ["siem.example"], "127.0.0.1:{}")):
            with self.subTest(listen=listen, hosts=hosts):
                flags = [part for host in hosts for part in ("--allow-host", host)]
                with Server("--listen", listen, "--insecure", "--setup-link", *flags, "--database", ":memory:",
                            bare=True) as server:
                    authority = expected.format(server.port)
                    link = server.process.stdout.readline()
                    self.assertTrue(link.startswith(f"set up at http://{authority}/#setup="), link)
                    known = {"Host": authority}
                    client = Client("::1" if listen[0] == "[" else "127.0.0.1", server.port)
                    self.assertEqual(client.request("GET", "/api/v1/auth/session", headers=known).status, 401)
                    unknown = {"Host": f"other.example:{server.port}"}
                    self.assertEqual(client.request("GET", "/api/v1/auth/session", headers=unknown).status, 421)

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_the_line_below_the_link_does_without_a_page(self):
        with Server("--listen", "0.0.0.0:0", "--insecure", "--setup-link", "--database", str(self.database), bare=True) as server:
            server.process.stdout.readline()
            line = server.process.stdout.readline().strip()
            command = line.removeprefix("or without a page: ").replace("NAME", "root").replace(":\"PASSWORD", f":\"{PASSWORD}")
            made = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
            self.assertEqual(json.loads(made.stdout)["username"], "root", made.stdout)
        self.assertEqual(self.user("list").stdout, "root\tadmin\tactive\n")

    def test_only_a_first_user_makes_a_database(self):
        for arguments in (["list"], ["password", "root"], ["unlock", "root"], ["role", "root", "admin"], ["disable", "root"],
                          ["enable", "root"], ["reset-totp", "root"], ["token", "root"]):
            with self.subTest(arguments=arguments):
                self.assertIn("carrel.db does not exist", self.user(*arguments, status=3).stderr)
        ended = run("export", "--database", self.database)
        self.assertEqual((ended.returncode, "carrel.db does not exist" in ended.stderr), (3, True), ended.stderr)
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_what_is_wrong_is_said_before_a_password_is_asked_for(self):
        self.add()
        for arguments, naming in ((["password", "nosuch"], "no user nosuch"),
                                  (["add", "root", "--role", "admin"], "a user root already"),
                                  (["add", "eve", "--role", "nosuch"], "no role nosuch")):
            with self.subTest(arguments=arguments):
                ended = self.user(*arguments, status=1)  # no password is given, and none is missed
                self.assertIn(naming, ended.stderr)
                self.assertNotIn("password was given", ended.stderr)

    def test_an_own_role_is_meant_by_its_id_or_its_name(self):
        self.add()
        known = {"Authorization": "Bearer " + self.user("token", "root").stdout.strip()}
        with Server(directory=self.directory) as server:
            body = {"name": "Night shift", "permissions": ["read:alerts"]}
            made = server.client().request("POST", "/api/v1/roles", body, known)
            self.assertEqual(made.status, 201, made)
            self.assertEqual(server.stop(), 0)
        role = made.json()["id"]
        self.add("eve", "Night shift")
        self.add("bob", role)
        self.user("role", "root", "Night shift", status=1)  # the last administrator
        listed = self.user("list").stdout.splitlines()
        self.assertEqual(listed, ["bob\tNight shift\tactive", "eve\tNight shift\tactive", "root\tadmin\tactive"])
        self.user("role", "eve", "viewer")
        self.user("role", "eve", "Night shift")
        self.assertIn("eve\tNight shift\t", self.user("list").stdout)
        said = self.user("role", "eve", "Day shift", status=1).stderr
        for name in ("no role Day shift", "viewer", "analyst", "engineer", "admin", f"Night shift ({role})"):
            self.assertIn(name, said)

    def test_each_user_is_listed(self):
        self.add()
        token = {"Authorization": "Bearer " + self.user("token", "root").stdout.strip()}
        with Server(directory=self.directory) as server:
            client = server.client()
            for number in range(60):  # more than a page has if nothing is asked for
                made = client.request("POST", "/api/v1/users", {"username": f"user{number:02}", "role": "viewer"}, token)
                self.assertEqual(made.status, 201, made)
            self.assertEqual(server.stop(), 0)
        self.assertEqual(len(self.user("list").stdout.splitlines()), 61)

    def test_beyond_loopback_nobody_is_served_without_an_administrator_and_tls(self):
        ended = run("serve", "--listen", "0.0.0.0:0", "--database", self.database)
        self.assertEqual(ended.returncode, 2)
        self.assertIn("TLS", ended.stderr)
        certificate, key = self.directory / "carrel.crt", self.directory / "carrel.key"
        run("cert", "--cert", certificate, "--key", key)
        flags = ("--tls-cert", certificate, "--tls-key", key)
        ended = run("serve", "--listen", "0.0.0.0:0", "--database", self.database, *flags)
        self.assertEqual(ended.returncode, 2)
        self.assertTrue(ended.stderr.startswith("carrel: serve: refusing to listen on 0.0.0.0: there is no administrator"),
                        ended.stderr)
        self.assertIn("carrel user add", ended.stderr)
        self.add()
        with Server("--listen", "0.0.0.0:0", "--database", str(self.database), *map(str, flags), directory=self.directory,
                    bare=True) as server:
            self.assertTrue(server.url.startswith("https://0.0.0.0:"), server.url)


if __name__ == "__main__":
    main()
