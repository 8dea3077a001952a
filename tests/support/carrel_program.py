"""Runs the built program for a test: a server on a free port with a private directory, and an HTTP client that hides
nothing. Only the standard library."""
import faulthandler
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "carrel"
SKIPPED = 77

# A test that waits for ever says where, before ctest ends it at 600 seconds.
faulthandler.dump_traceback_later(500, repeat=True)


# What the machine has set for its own services is not for the servers of a test, and no proxy stands between them and their clients.
FOREIGN = re.compile("OTEL_.*|NOTIFY_SOCKET|WATCHDOG_(USEC|PID)|LISTEN_(FDS|PID|FDNAMES)|JOURNAL_STREAM|CREDENTIALS_DIRECTORY")
for each in filter(FOREIGN.fullmatch, list(os.environ)):
    del os.environ[each]
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,0.0.0.0,::1"


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARREL_")}
    return kept | more


def run(*arguments, stdin=None, cwd=None, env=None, timeout=120):
    """Runs the program to its end; stdout and stderr are text."""
    return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, cwd=cwd, env=env or clean_environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          text=not isinstance(stdin, bytes))


def kept_port():
    """A socket that keeps a port of loopback for whoever is to listen there, as long as it is open: no other program is given the port, and
    no client connects from it. It does not listen itself. Who listens there must set SO_REUSEADDR, as carrel does."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    return made


def has_ipv6():
    """Whether the machine, or the container, has a loopback of IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


NEEDS_IPV6 = unittest.skipUnless(has_ipv6(), "needs IPv6")


def passing(sockets):
    """What stands before a command that gets sockets as sd_listen_fds(3) says: from descriptor 3 on, for its process."""
    if not sockets:
        return []
    # By way of higher ones, since a socket may be where another one is to be.
    moves = [f"{100 + i}<&{each.fileno()}" for i, each in enumerate(sockets)]
    moves += [f"{3 + i}<&{100 + i} {100 + i}<&-" for i in range(len(sockets))]
    return ["bash", "-c", f'exec {" ".join(moves)}; export LISTEN_FDS={len(sockets)} LISTEN_PID=$$; exec "$@"', "bash"]


class Reply:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    """A running server. `flags` follow `serve`; the database is in `directory`, which ends with the server unless given.
    `bare` leaves the place of the database and the port to `flags` and `env`; it then runs in `directory`. `sockets` are
    passed as a service manager passes them."""

    def __init__(self, *flags, directory=None, env=None, database="carrel.db", bare=False, sockets=()):
        self.own_directory = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="carrel-test-"))
        self.database = self.directory / database
        self.log = open(self.directory / "server.log", "ab")
        place = [] if bare else ["--listen", "127.0.0.1:0", "--database", str(self.database)]
        self.process = subprocess.Popen(
            [*passing(sockets), PROGRAM, "serve", *place, *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.log, cwd=self.directory, env=env or clean_environment(), text=True,
            pass_fds=[each.fileno() for each in sockets])
        line = self.process.stdout.readline()
        if not line.startswith(("listening on http://", "listening on https://")):
            self.process.wait(30)
            raise RuntimeError(f"no ready line but {line!r}: {self.log_text()}")
        self.url = line.split()[-1]
        self.host, self.port = urllib.parse.urlsplit(self.url).hostname, urllib.parse.urlsplit(self.url).port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def log_text(self):
        return (self.directory / "server.log").read_text(errors="replace")

    def stop(self, with_signal=signal.SIGTERM):
        """Ends the server and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        status = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        return status

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
        if self.own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def client(self):
        return Client(self.host, self.port)


class Client:
    """One keep-alive connection at a time: a server ends one that was idle for long, as it is while a test does something else.
    A request may take as long as any may, as it does on a slow machine."""

    def __init__(self, host, port, timeout=90):
        self.connection = http.client.HTTPConnection(host, port, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        headers = {"Carrel-Timeout-Ms": "60000"} | dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if self.was_ended():
            self.connection.close()
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        return Reply(response, response.read())

    def was_ended(self):
        if self.connection.sock is None:
            return False
        waiting = select.poll()  # whatever the number of the descriptor
        waiting.register(self.connection.sock, select.POLLIN)
        return bool(waiting.poll(0))

    def get(self, path, query=None, **headers):
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path, body, **headers):
        return self.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def close(self):
        self.connection.close()


def main():
    """Runs the tests of the calling module; its first argument is the program."""
    unittest.main(argv=[sys.argv[0]], warnings="ignore")
