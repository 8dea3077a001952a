"""Real shippers against the server: each through a proxy that is busy at first, and then cuts a reply off. What they send
arrives once. A part whose tool is not installed is skipped.
Usage: real.py CARREL [FOLDER-WITH-TOOLS…]"""
import contextlib
import http.client
import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from carrel_program import SKIPPED, Server
from flaky_proxy import FlakyProxy
from receive_syslog import SyslogServer, eventually

TOOLS = os.pathsep.join([*sys.argv[2:], os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
EVENTS = 300


def tool(name):
    found = shutil.which(name, path=TOOLS)
    if found is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return found


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


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Shippers(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-shippers-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, kind=Server):
        server = kind()
        self.addCleanup(server.end)
        return server

    def count(self, server, **filters):
        client = server.client()
        try:
            return client.get("/api/v1/events/count", filters).json()["count"]
        finally:
            client.close()

    def assert_each_once(self, server, word="number"):
        client = server.client()
        items = client.get("/api/v1/events", {"limit": 1000, "q": word}).json()["items"]
        client.close()
        texts = [str(item["fields"]) for item in items]
        for number in range(EVENTS):
            self.assertEqual(sum(f"{word} {number} end" in text for text in texts), 1, f"event {number} of {len(texts)}")

    def send_lines(self, port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
            for number in range(EVENTS):
                wire.sendall(b"<13>Nov 26 10:00:00 sender app[7]: number %d end\n" % number)

    def wait_for_port(self, port):
        def is_open():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
            return False
        eventually(is_open)

    def rsyslog(self, action, modules=""):
        """Its configuration: what comes by TCP goes to `action`. The port."""
        port = free_port()
        (self.folder / "spool").mkdir()
        (self.folder / "rsyslog.conf").write_text(
            f'global(workDirectory="{self.folder}/spool")\n{modules}module(load="imtcp")\n'
            'template(name="doc" type="list" option.jsonf="on") {\n'
            '  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")\n'
            '  property(outname="host" name="hostname" format="jsonf")\n'
            '  property(outname="message" name="msg" format="jsonf")\n}\n'
            'template(name="id" type="string" string="%$!uuid%")\n'
            f'input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="out")\n'
            f'ruleset(name="out") {{\n{action}\n}}\n')
        return port

    def test_rsyslog_by_omelasticsearch(self):
        program = tool("rsyslogd")
        if not any(pathlib.Path(at, "omelasticsearch.so").exists()
                   for at in ("/usr/lib/x86_64-linux-gnu/rsyslog", "/usr/lib/rsyslog", "/usr/lib/aarch64-linux-gnu/rsyslog")):
            self.skipTest("omelasticsearch is not installed")
        server = self.start()
        # It takes a refusal that is no bulk reply for lost data, so the proxy only cuts off.
        with FlakyProxy(server, "_bulk", cut=2) as proxy:
            port = self.rsyslog(
                '  set $!uuid = exec_template("doc_id");\n'
                f'  action(type="omelasticsearch" server="http://127.0.0.1" serverport="{proxy.port}" template="doc" '
                'searchIndex="logs" searchType="" bulkmode="on" dynbulkid="on" bulkid="id" writeoperation="create" '
                f'errorFile="{self.folder}/errors" action.resumeRetryCount="-1" action.resumeInterval="1" '
                'queue.type="linkedList" queue.dequeueBatchSize="100")',
                'module(load="omelasticsearch")\n'
                'template(name="doc_id" type="string" string="%hostname%-%msg:::json%")\n')
            with running(program, "-n", "-f", self.folder / "rsyslog.conf", "-i", self.folder / "pid", cwd=self.folder):
                self.wait_for_port(port)
                self.send_lines(port)
                eventually(lambda: self.count(server, q="number") >= EVENTS, 90)
            self.assert_each_once(server)
            self.assertGreater(proxy.forwarded, 1)

    def test_rsyslog_forwards_syslog(self):
        program = tool("rsyslogd")
        server = self.start(SyslogServer)
        port = self.rsyslog(f'  action(type="omfwd" target="127.0.0.1" port="{server.ports["tcp"]}" protocol="tcp" '
                            'TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")')
        with running(program, "-n", "-f", self.folder / "rsyslog.conf", "-i", self.folder / "pid", cwd=self.folder):
            self.wait_for_port(port)
            self.send_lines(port)
            eventually(lambda: self.count(server, q="number") >= EVENTS, 60)
        self.assert_each_once(server)
        self.assertEqual(self.count(server, host="sender", source="app"), EVENTS)

    def test_syslog_ng_by_http(self):
        program = pathlib.Path(tool("syslog-ng"))
        root = program.parent.parent.parent  # of the packages: they may be unpacked in a folder of their own
        server = self.start()
        port = free_port()
        with FlakyProxy(server, "/services/collector/event", busy=2) as proxy:
            (self.folder / "syslog-ng.conf").write_text(f'''@version: 3.38
options {{ keep-hostname(yes); chain-hostnames(no); }};
source s {{ network(ip("127.0.0.1") port({port}) transport("tcp")); }};
destination d {{ http(url("http://127.0.0.1:{proxy.port}/services/collector/event") method("POST")
  headers("Content-Type: application/json", "Authorization: Splunk x") batch-lines(50) batch-timeout(200) retries(1000)
  time-reopen(1) body('$(format-json --scope none time=$UNIXTIME host=$HOST event=$MESSAGE)')); }};
log {{ source(s); destination(d); flags(flow-control); }};
''')
            libraries = {str(each.parent) for each in root.rglob("*.so*")} if root != pathlib.Path("/") else set()
            modules = next((root / "usr/lib").rglob("syslog-ng/*/libhttp.so"), None)
            if modules is None:
                self.skipTest("syslog-ng's http destination is not installed")
            environment = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries))
            with running(program, "-F", "--no-caps", "-f", self.folder / "syslog-ng.conf", "-R", self.folder / "persist",
                         "-p", self.folder / "pid", "-c", self.folder / "control", "--module-path", modules.parent,
                         cwd=self.folder, env=environment) as process:
                eventually(lambda: process.poll() is not None or self.is_open(port))
                if process.poll() is not None:
                    self.skipTest("syslog-ng does not start: " + (self.folder / "tool.log").read_text()[-300:])
                self.send_lines(port)
                eventually(lambda: self.count(server, q="number") >= EVENTS, 60)
            self.assert_each_once(server)
            self.assertEqual(proxy.busy, 0)

    @staticmethod
    def is_open(port):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    def test_the_python_client_of_elastic(self):
        for folder in sys.argv[2:]:
            if (pathlib.Path(folder) / "elasticsearch").is_dir() and folder not in sys.path:
                sys.path.insert(0, folder)
        if importlib.util.find_spec("elasticsearch") is None:
            self.skipTest("the Python client of Elastic is not installed")
        import elasticsearch
        from elasticsearch import helpers
        server = self.start()
        with FlakyProxy(server, "_bulk", busy=2, cut=1) as proxy:
            client = elasticsearch.Elasticsearch(f"http://127.0.0.1:{proxy.port}", retry_on_timeout=True, max_retries=5,
                                                 retry_on_status=(429, 502, 503, 504))
            self.assertRegex(client.info()["version"]["number"], r"^8\.")
            actions = [{"_op_type": "index", "_index": "logs", "_id": str(number), "message": f"number {number} end"}
                       for number in range(EVENTS)]
            done, faults = helpers.bulk(client, actions, chunk_size=100, raise_on_error=False)
            self.assertEqual((done, faults), (EVENTS, []))
            self.assert_each_once(server)
            again, faults = helpers.bulk(client, [{**each, "_op_type": "create"} for each in actions], raise_on_error=False)
            self.assertEqual((again, {fault["create"]["status"] for fault in faults}), (0, {409}))
            client.close()
        self.assert_each_once(server)

    def test_a_client_with_ingest_id_repeats_what_was_cut_off(self):
        server = self.start()
        body = "".join(f'{{"id":{number},"message":"number {number} end"}}\n' for number in range(EVENTS))
        with FlakyProxy(server, "/events", busy=2, cut=2) as proxy:
            for _ in range(20):
                connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
                try:
                    connection.request("POST", "/api/v1/events?ingest_id=id", body, {"Content-Type": "application/x-ndjson"})
                    reply = connection.getresponse()
                    reply.read()
                    if reply.status < 300:
                        break
                except (http.client.HTTPException, OSError):
                    pass
                finally:
                    connection.close()
            self.assertEqual(reply.status, 200)
            self.assertEqual((proxy.busy, proxy.cut), (0, 0))
        self.assert_each_once(server)


if __name__ == "__main__":
    outcome = unittest.main(argv=[sys.argv[0]], warnings="ignore", exit=False).result
    if not outcome.wasSuccessful():
        sys.exit(1)
    for _, why in outcome.skipped:
        print("skipped:", why)
    sys.exit(SKIPPED if outcome.skipped else 0)
