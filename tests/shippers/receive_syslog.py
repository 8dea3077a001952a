"""Syslog over UDP and TCP: what comes is stored, or dropped and counted; what was received before SIGTERM is stored."""
import json
import re
import signal
import socket
import time
import unittest

from carrel_program import Server, main, run


class SyslogServer(Server):
    def __init__(self, *flags, where="127.0.0.1:0", **more):
        super().__init__("--syslog", f"udp://{where}", "--syslog", f"tcp://{where}", *flags, **more)
        self.ports = {}
        for _ in range(2):
            how, port = re.match(r"syslog on (\w+)://.*:(\d+)$", self.process.stdout.readline()).groups()
            self.ports[how] = int(port)

    def connect(self):
        return socket.create_connection((self.host, self.ports["tcp"]), timeout=30)

    def send_udp(self, *messages):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for message in messages:
                sender.sendto(message, (self.host, self.ports["udp"]))

    def counts(self):
        client = self.client()
        text = client.get("/metrics").body.decode()
        client.close()
        found = re.findall(r'^carrel_syslog_(\w+)_total(?:\{transport="(\w+)"\})? (\S+)$', text, re.M)
        return {name + ("_" + how if how else ""): int(float(value)) for name, how, value in found}


def eventually(check, seconds=60):
    """Looks again until it holds: what is asynchronous by nature has no other sign."""
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            raise AssertionError("it never came about")


class Syslog(unittest.TestCase):
    def count(self, server, **filters):
        client = server.client()
        try:
            return client.get("/api/v1/events/count", filters).json()["count"]
        finally:
            client.close()

    def test_messages_of_both_forms_by_both_transports(self):
        with SyslogServer() as server:
            server.send_udp(b"<34>1 2026-03-04T05:06:07Z pc su 7 ID47 [a b=\"c\"] failed", b"<13>Nov 26 10:00:00 old app[1]: text\n")
            with server.connect() as wire:
                wire.sendall(b"<34>1 - line su - - - by line\n28 <34>1 - counted su - - - x\n\n")
                wire.sendall(b"<34>1 - last su - - - without its end")
            eventually(lambda: server.counts()["stored"] == 5)
            self.assertEqual(self.count(server, host="pc", source="su", channel="auth", event_code="ID47", severity="crit"), 1)
            for host in ("old", "line", "counted", "last"):
                self.assertEqual(self.count(server, host=host), 1, host)
            client = server.client()
            event = client.get("/api/v1/events", {"host": "pc"}).json()["items"][0]
            client.close()
            self.assertEqual(event["timestamp"], "2026-03-04T05:06:07.000000Z")
            self.assertEqual(event["fields"]["structured_data"], {"a": {"b": "c"}})
            self.assertEqual(event["fields"]["peer"], "127.0.0.1")

    def test_mappings_hold_for_the_messages_behind_them(self):
        with SyslogServer() as server:
            server.send_udp(b'<34>1 - pc su - - [box name="web-1"] before')
            eventually(lambda: server.counts()["stored"] == 1)
            client = server.client()
            client.post("/api/v1/field-mappings",
                        {"id": "m", "name": "boxes", "mappings": {"structured_data.box.name": "host"}})
            self.assertEqual(client.post("/api/v1/field-mappings/m/lifecycle", {"to": "test"}).status, 200)
            client.close()
            server.send_udp(b'<34>1 - pc su - - [box name="web-1"] behind')
            eventually(lambda: server.counts()["stored"] == 2)
            self.assertEqual(self.count(server, host="pc"), 1)
            self.assertEqual(self.count(server, host="web-1"), 1)

    def test_hostile_messages(self):
        with SyslogServer("--syslog-message-kib-max", "1") as server:
            odd = [b"", b"\0", b"\xff\xfe", b"<", b"<999>", b"<13>1", b"<13>1 - - - - - [" + b"a" * 1000, b"x" * 60_000,
                   b"<13>1 - - - - - - " + b"{" * 20_000, b"<13>1 - - - - - - {\"a\":1e400}"]
            server.send_udp(*odd)
            with server.connect() as wire:
                wire.sendall(b"x" * 100_000 + b"\n" + b"999999999 " + b"y" * 5_000)
            with server.connect() as wire:
                wire.sendall(b"99999999999999999999 z\n0 0\n")
            def is_settled():
                counts = server.counts()
                return counts["received_udp"] == len(odd) and counts["received_tcp"] == 4 and counts["stored"] == len(odd) + 4
            eventually(is_settled)
            self.assertEqual(server.counts()["cut"], 2)
            self.assertEqual(self.count(server, q="truncated:true"), 2)

    def test_received_is_stored_and_dropped(self):
        with SyslogServer() as server:
            messages = [b"<13>1 - h app - - - %d %s" % (number, b"x" * 900) for number in range(20_000)]
            server.send_udp(*messages)
            with server.connect() as wire:
                wire.sendall(b"\n".join(messages) + b"\n")
            def is_settled():
                counts = server.counts()
                received = counts["received_udp"] + counts["received_tcp"]
                # What has come by UDP may be read after what came by TCP.
                return counts["received_tcp"] == 20_000 and counts["received_udp"] + counts["lost"] == 20_000 and \
                    received == counts["stored"] + counts["dropped"]
            eventually(is_settled, 120)
            counts = server.counts()
            self.assertEqual(self.count(server), counts["stored"])
            self.assertGreaterEqual(counts["stored"], 20_000)
            self.assertEqual(counts["received_udp"] + counts["lost"], 20_000)

    def test_what_the_system_dropped_is_counted_and_said_once(self):
        with SyslogServer() as server:
            server.process.send_signal(signal.SIGSTOP)
            # More than the largest receive buffer, which the system makes twice as large as requested.
            for _ in range(3):
                server.send_udp(*[b"<13>1 - h app - - - " + b"x" * 60_000] * 200)
            server.process.send_signal(signal.SIGCONT)
            eventually(lambda: server.counts()["received_udp"] + server.counts()["lost"] == 600)
            lost = server.counts()["lost"]
            self.assertGreater(lost, 0)
            self.assertLess(lost, 600)
            self.assertEqual(server.stop(), 0)
            said = re.findall(r"the system dropped (\d+) datagrams", server.log_text())
            self.assertEqual(sum(int(number) for number in said), lost)

    def test_what_was_received_before_sigterm_is_stored(self):
        server = SyslogServer()
        self.addCleanup(server.end)
        wires = [server.connect() for _ in range(5)]
        for wire in wires:
            wire.sendall(b"".join(b"<13>1 - h app - - - %d\n" % number for number in range(1_000)))
        server.send_udp(*[b"<13>1 - udp app - - - %d" % number for number in range(100)])
        self.assertEqual(server.stop(), 0)
        for wire in wires:
            wire.close()
        with Server(directory=server.directory) as again:
            self.assertEqual(self.count(again, host="h"), 5_000)
            self.assertEqual(self.count(again, host="udp"), 100)

    def test_senders_that_connect_just_before_sigterm_are_heard(self):
        for _ in range(8):
            server = SyslogServer()
            self.addCleanup(server.end)
            wires = [server.connect() for _ in range(20)]
            for wire in wires:
                wire.sendall(b"<13>1 - h app - - - x\n" * 50)
                wire.close()
            self.assertEqual(server.stop(), 0)
            with Server(directory=server.directory) as again:
                self.assertEqual(self.count(again, host="h"), 1_000)

    def test_settings_that_cannot_be(self):
        for wrong in ("514", "http://127.0.0.1:1", "udp://", "tcp://localhost:x", "0.0.0.0:514"):
            ended = run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", "--syslog", wrong)
            self.assertEqual(ended.returncode, 2, ended)
            self.assertIn("--syslog", ended.stderr)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ended = run("serve", "--database", ":memory:", "--listen", "127.0.0.1:0", "--syslog", f"tcp://127.0.0.1:{port}")
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn("cannot listen on tcp://", ended.stderr)


if __name__ == "__main__":
    main()
