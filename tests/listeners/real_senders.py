"""rsyslog and syslog-ng send to listeners, by TCP and by TLS. A part whose tool is not installed is skipped.
Usage: real_senders.py CARREL [FOLDER-WITH-TOOLS…]"""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from carrel_program import SKIPPED
from listening import TlsListening, eventually, free_port

TOOLS = [pathlib.Path(each) for each in sys.argv[2:]]
PATHS = os.pathsep.join([*map(str, TOOLS), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
EVENTS = 500


def tool(name):
    found = shutil.which(name, path=PATHS)
    if found is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return pathlib.Path(found)


def root_of(program):
    """Of a package: it may be unpacked in a folder of its own."""
    return program.resolve().parent.parent.parent


def module(name, *roots):
    for root in roots:
        for found in (root / "usr/lib").rglob(name):
            return found
    raise unittest.SkipTest(f"{name} is not installed")


@contextlib.contextmanager
def running(*command, cwd, env=None):
    with open(cwd / "tool.log", "ab") as log:
        process = subprocess.Popen([str(each) for each in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class RealSenders(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-senders-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = TlsListening(self.folder)
        self.addCleanup(self.server.end)

    def send_lines(self, process, port):
        """Lines to the tool, which sends them on."""
        def is_open():
            if process.poll() is not None:
                raise AssertionError("it does not run: " + (self.folder / "tool.log").read_text()[-500:])
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
            return False
        eventually(is_open)
        with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
            for number in range(EVENTS):
                wire.sendall(b"<13>Nov 26 10:00:00 sender app[7]: number %d end\n" % number)

    def assert_each_once(self, listener):
        eventually(lambda: self.server.count(q="number") >= EVENTS, 90)
        events = self.server.events(q="number")
        texts = [event["fields"]["message"] for event in events]
        self.assertEqual(sorted(texts), sorted(f"number {number} end" for number in range(EVENTS)))
        self.assertEqual({(event["host"], event["source"]) for event in events}, {("sender", "app")})
        self.assertEqual(self.server.stats(listener)["stored"], EVENTS)

    def rsyslog(self, listener, more):
        program, port = tool("rsyslogd"), free_port()
        (self.folder / "spool").mkdir()
        (self.folder / "rsyslog.conf").write_text(
            f'global(workDirectory="{self.folder}/spool")\nmodule(load="imtcp")\n'
            f'input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="out")\n'
            'template(name="out" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% - - '
            '%msg:2:$%")\n'
            f'ruleset(name="out") {{ action(type="omfwd" target="127.0.0.1" port="{listener["port"]}" protocol="tcp" '
            f'TCP_Framing="octet-counted" template="out" {more}) }}\n')
        with running(program, "-n", "-f", self.folder / "rsyslog.conf", "-i", self.folder / "pid", cwd=self.folder) as process:
            self.send_lines(process, port)
            self.assert_each_once(listener)

    def test_rsyslog_by_tcp(self):
        self.rsyslog(self.server.started("syslog", "tcp"), "")

    def test_rsyslog_by_tls(self):
        tool("rsyslogd")
        module("lmnsd_ossl.so", pathlib.Path("/"))
        self.rsyslog(self.server.started("syslog", "tls"),
                     'StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" '
                     'StreamDriverPermittedPeers="localhost" '
                     f'StreamDriver.CAFile="{self.server.certificate}"')

    def syslog_ng(self, listener, transport, more=""):
        program, port = tool("syslog-ng"), free_port()
        root = root_of(program)
        modules = module("libafsocket.so", root).parent
        (self.folder / "syslog-ng.conf").write_text(f'''@version: 3.38
options {{ keep-hostname(yes); chain-hostnames(no); }};
source s {{ network(ip("127.0.0.1") port({port}) transport("tcp")); }};
destination d {{ syslog("127.0.0.1" port({listener["port"]}) transport("{transport}") {more}); }};
log {{ source(s); destination(d); flags(flow-control); }};
''')
        libraries = {str(each.parent) for each in root.rglob("*.so*")} if root != pathlib.Path("/") else set()
        environment = dict(os.environ, LD_LIBRARY_PATH=":".join(sorted(libraries)))
        with running(program, "-F", "--no-caps", "-f", self.folder / "syslog-ng.conf", "-R", self.folder / "persist", "-p",
                     self.folder / "pid", "-c", self.folder / "control", "--module-path", modules, cwd=self.folder,
                     env=environment) as process:
            self.send_lines(process, port)
            self.assert_each_once(listener)

    def test_syslog_ng_by_tcp(self):
        self.syslog_ng(self.server.started("syslog", "tcp"), "tcp")

    def test_syslog_ng_by_tls(self):
        self.syslog_ng(self.server.started("syslog", "tls"), "tls",
                       f'tls(ca-file("{self.server.certificate}") peer-verify(required-trusted))')


if __name__ == "__main__":
    outcome = unittest.main(argv=[sys.argv[0]], warnings="ignore", exit=False).result
    if not outcome.wasSuccessful():
        sys.exit(1)
    for _, why in outcome.skipped:
        print("skipped:", why)
    sys.exit(SKIPPED if outcome.skipped else 0)
