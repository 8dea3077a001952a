"""What is secret is in no log, error, metric or document of the server's, and in its files only as a hash or sealed; and the server
needs no right that a user without any has. The search must find what is no secret, or it would find nothing at all."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

from carrel_program import PROGRAM, Server, clean_environment, main, run

PASSWORD, WRONG, NEW = "Correct-horse-1", "Wrong-donkey-22", "Another-horse-333"
HOOK = "https://hooks.example/services/T0SECRETHOOK"


class Secrets(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-secrets-")
        self.addCleanup(self.temporary.cleanup)
        self.directory = pathlib.Path(self.temporary.name)
        self.seen = []

    def ask(self, server, method, path, body=None, **headers):
        reply = server.client().request(method, path, body, headers)
        self.seen.append(reply)
        return reply

    def texts(self, server):
        """All that the server has written anywhere but in the replies that tell a secret once."""
        for path in sorted(self.directory.iterdir()):
            yield path.name, path.read_bytes()
        yield "/proc/cmdline", pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
        known = {"Authorization": "Bearer " + self.token}
        for path in ("/metrics", "/openapi.json", "/api/v1/pool", "/api/v1/users", "/api/v1/audit?limit=1000",
                     "/api/v1/users/me/tokens", "/api/v1/users/me/sessions", "/api/v1/actions", "/api/v1/roles"):
            reply = server.client().request("GET", path, headers=known)
            self.assertEqual(reply.status, 200, path)
            yield path, reply.body
        for number, reply in enumerate(self.seen):
            yield f"reply {number}", reply.body

    def use(self, server):
        """Passes every secret by the server once. What must be found nowhere, and what must."""
        self.ask(server, "POST", "/api/v1/auth/login", {"username": "root", "password": WRONG})
        self.ask(server, "POST", "/api/v1/auth/login", {"username": WRONG + "-as-a-name", "password": "x"})
        self.ask(server, "POST", "/api/v1/auth/login", {"username": "root", "password": PASSWORD, "pasword": WRONG})
        another = self.token[:-1] + ("y" if self.token.endswith("x") else "x")
        self.assertEqual(self.ask(server, "GET", "/api/v1/alerts", Authorization="Bearer " + another).status, 401)
        login = server.client().request("POST", "/api/v1/auth/login", {"username": "root", "password": PASSWORD})
        cookie = login.headers["Set-Cookie"].split(";")[0]
        own = {"Cookie": cookie, "X-CSRF-Token": login.json()["csrf_token"]}
        totp = server.client().post("/api/v1/auth/totp", {"current_password": PASSWORD}, **own).json()["secret"]
        self.ask(server, "POST", "/api/v1/auth/totp/confirm", {"code": "000000"}, **own)
        changed = self.ask(server, "POST", "/api/v1/auth/password", {"current_password": PASSWORD, "password": NEW}, **own)
        self.assertEqual(changed.status, 204)
        made = self.ask(server, "POST", "/api/v1/actions",
                        {"type": "slack", "name": "tell", "config": {"webhook_url": HOOK}}, **own)
        self.assertEqual(made.status, 201)
        return [PASSWORD, WRONG, NEW, self.token, self.token.split("_", 2)[2][:40], cookie.split("=")[1],
                login.json()["csrf_token"], totp, "T0SECRETHOOK"]

    def test_no_secret_is_anywhere(self):
        run("user", "add", "root", "--role", "admin", "--database", self.directory / "carrel.db", stdin=PASSWORD + "\n")
        self.token = run("user", "token", "root", "--database", self.directory / "carrel.db").stdout.strip()
        with Server("--log-level", "debug", "--login-rate", "0", directory=self.directory) as server:
            secrets = self.use(server)
            found = {secret: [] for secret in [*secrets, "root"]}
            for name, text in self.texts(server):
                for secret in found:
                    if secret.encode() in text:
                        found[secret].append(name)
            self.assertTrue(found.pop("root"), "the search finds nothing")
            self.assertEqual({secret: names for secret, names in found.items() if names}, {})

    def test_files_are_the_owners_alone(self):
        with Server(directory=self.directory) as server:
            server.client().request("POST", "/api/v1/actions", {"type": "slack", "config": {"webhook_url": HOOK}})
            for path in self.directory.iterdir():
                if path.name != "server.log":
                    self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path.name)
        (self.directory / "carrel.db.key").chmod(0o640)
        ended = run("serve", "--listen", "127.0.0.1:0", "--database", self.directory / "carrel.db")
        self.assertEqual(ended.returncode, 6, ended.stderr)
        self.assertIn("key", ended.stderr)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root, and setpriv to give it up")
    def test_no_capability_is_needed(self):
        self.directory.chmod(0o711)
        home = self.directory / "home"
        home.mkdir(mode=0o700)
        os.chown(home, 65534, 65534)
        program = self.directory / "carrel"
        shutil.copy(PROGRAM, program)
        program.chmod(0o755)
        process = subprocess.Popen(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs", "--bounding-set", "-all",
             "--inh-caps", "-all", str(program), "serve", "--listen", "127.0.0.1:0", "--database", str(home / "carrel.db")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=clean_environment())
        try:
            url = process.stdout.readline().split()[-1]
            self.assertTrue(url.startswith("http://"), url)
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            for line in status.splitlines():
                if line.startswith("Cap"):
                    self.assertEqual(line.split()[1], "0" * 16, line)
            reply = subprocess.run(["curl", "-s", url + "/health/ready"], capture_output=True, text=True, check=True)
            self.assertEqual(json.loads(reply.stdout)["status"], "ready", reply.stdout)
        finally:
            process.terminate()
            self.assertEqual(process.wait(60), 0)
            process.stdout.close()


if __name__ == "__main__":
    main()
