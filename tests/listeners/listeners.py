"""Listeners: made, started, stopped and restarted by the API; what comes is an event, whatever it comes by."""
import json
import pathlib
import re
import shutil
import socket
import ssl
import tempfile
import unittest

from carrel_program import main
from listening import Listening, TlsListening, eventually, free_port, is_settled, send_tcp, send_udp


class Listeners(unittest.TestCase):
    def start(self, *flags, **more):
        server = Listening(*flags, **more)
        self.addCleanup(server.end)
        return server

    def assert_stored(self, server, listener, number, letters=0):
        def has_all():
            stats = server.stats(listener)
            return stats["stored"] + stats["dead_letters"] >= number + letters and is_settled(stats)
        eventually(has_all)
        stats = server.stats(listener)
        self.assertEqual((stats["received"], stats["stored"], stats["dead_letters"]), (number + letters, number, letters))

    def letters(self, server, listener):
        found = server.ask("GET", f"/listeners/{listener['id']}/dlq", status=200).json()["items"]
        return {letter["raw"]: letter["reason"] for letter in found}

    def test_syslog_by_udp_and_tcp(self):
        server = self.start()
        udp = server.started("syslog", "udp", name="edge", tags=["dmz"], fields={"site": "north"}, source="fallback")
        tcp = server.started("syslog", "tcp")
        send_udp(udp, [b"<34>1 2026-03-04T05:06:07Z pc su 7 ID47 - failed", b"<13>Nov 26 10:00:00 old app[1]: text\n"])
        send_tcp(tcp, b"<34>1 - line su - - - by line\n28 <34>1 - counted su - - - x\n\n<34>1 - last su - - - no end")
        self.assert_stored(server, udp, 2)
        self.assert_stored(server, tcp, 3)
        [event] = server.events(host="pc")
        self.assertEqual(event["source"], "su")
        self.assertEqual(event["timestamp"], "2026-03-04T05:06:07.000000Z")
        self.assertEqual(event["fields"]["listener"], {"id": udp["id"], "name": "edge", "tags": ["dmz"],
                                                       "fields": {"site": "north"}, "peer": "127.0.0.1"})
        self.assertEqual(server.count(q="listener.tags:dmz"), 2)
        for host in ("line", "counted", "last"):
            self.assertEqual(server.count(host=host), 1, host)

    def test_json_lines(self):
        server = self.start()
        udp, tcp = server.started("json", "udp", source="sensor"), server.started("json", "tcp", source="sensor")
        send_udp(udp, [b'{"host":"a","n":1}\n{"host":"b","n":2}\n', b'{}'])
        send_tcp(tcp, b'{"host":"c","source":"own"}\r\n\n[1]\n{"open":\n{"host":"d"}')
        self.assert_stored(server, udp, 3)
        self.assert_stored(server, tcp, 2, letters=2)
        self.assertEqual({event["host"] for event in server.events(source="sensor")}, {"a", "b", "d", None})
        self.assertEqual(server.count(source="own", host="c"), 1)
        self.assertEqual(self.letters(server, tcp), {"[1]": "not a JSON object", '{"open":': "not JSON"})

    def test_cef_with_and_without_a_syslog_header(self):
        server = self.start()
        cef = server.started("cef", "tcp")
        send_tcp(cef, b"CEF:0|Security|threat\\|manager|1.0|100|worm \\\\ stopped|10|src=10.0.0.1 dst=2.1.2.2 msg=a \\= b c "
                      b"spt=1232 rt=1795773600000\n"
                      b"<134>Nov 26 10:00:00 gate CEF:0|V|P|2|login|Failed|Low|suser=eve\nno cef\n")
        self.assert_stored(server, cef, 2, letters=1)
        [first] = server.events(event_code="100")
        self.assertEqual(first["fields"]["cef"], {
            "version": "0", "device_vendor": "Security", "device_product": "threat|manager", "device_version": "1.0",
            "signature_id": "100", "name": "worm \\ stopped", "severity": "10",
            "extension": {"src": "10.0.0.1", "dst": "2.1.2.2", "msg": "a = b c", "spt": "1232", "rt": "1795773600000"}})
        self.assertEqual((first["source"], first["severity"], first["timestamp"]),
                         ("threat|manager", "10", "2026-11-27T10:00:00.000000Z"))
        [second] = server.events(host="gate")
        self.assertEqual((second["event_code"], second["fields"]["priority"]), ("login", 134))
        self.assertEqual(list(self.letters(server, cef)), ["no cef"])

    def test_start_stop_and_restart_take_effect_at_once(self):
        server = self.start()
        one = server.make("syslog", "tcp")
        path = f"/listeners/{one['id']}"
        self.assertEqual((one["status"], one["enabled"]), ("stopped", False))
        self.assertRaises(ConnectionRefusedError, send_tcp, one, b"x")
        self.assertEqual(server.ask("POST", path + "/stop", status=409).json()["status"], 409)
        now = server.ask("POST", path + "/start", status=200)
        self.assertEqual(now.json()["status"], "running")
        self.assertEqual(now.headers["ETag"], f'"{now.json()["version"]}"')
        self.assertEqual(server.ask("GET", path, status=200).json(), now.json())
        server.ask("POST", path + "/start", status=409)
        with socket.create_connection((one["host"], one["port"]), timeout=30) as wire:
            wire.sendall(b"<13>1 - before app - - - x\n")
            eventually(lambda: server.stats(one)["connections"] == 1)
            again = server.ask("POST", path + "/restart", status=200).json()
            self.assertEqual(again["status"], "running")
            self.assertGreater(again["started_at"], now.json()["started_at"])
            self.assertEqual(wire.recv(1), b"")  # the restart has ended it
        send_tcp(one, b"<13>1 - after app - - - x\n")
        self.assert_stored(server, one, 2)
        ended = server.ask("POST", path + "/stop", status=200).json()
        self.assertEqual((ended["status"], ended["enabled"]), ("stopped", False))
        self.assertIsNotNone(ended["stopped_at"])
        self.assertRaises(ConnectionRefusedError, send_tcp, one, b"x")
        self.assertEqual(server.stats(one)["stored"], 2)

    def test_a_repeated_start_with_a_key_starts_once(self):
        server = self.start()
        one = server.make("syslog", "tcp")
        first, second = (server.ask("POST", f"/listeners/{one['id']}/restart", status=200, **{"Idempotency-Key": "k"}).json()
                         for _ in range(2))
        self.assertEqual(first, second)

    def test_what_runs_keeps_its_place(self):
        server = self.start()
        one = server.started("syslog", "udp")
        path = f"/listeners/{one['id']}"
        server.ask("PATCH", path, {"port": free_port()}, 409, **{"Content-Type": "application/merge-patch+json"})
        server.ask("DELETE", path, status=409)
        # What can change takes effect with the reply.
        server.ask("PATCH", path, {"tags": ["new"]}, 200, **{"Content-Type": "application/merge-patch+json"})
        send_udp(one, [b"<13>1 - h app - - - x"])
        self.assert_stored(server, one, 1)
        self.assertEqual(server.count(q="listener.tags:new"), 1)
        server.ask("POST", path + "/stop", status=200)
        server.ask("DELETE", path, status=204)
        server.ask("GET", path + "/stats", status=404)

    def test_what_cannot_listen_says_why(self):
        server = self.start()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            one = server.make("json", "tcp", port=taken.getsockname()[1])
            path = f"/listeners/{one['id']}"
            failed = server.ask("POST", path + "/start", status=200).json()
            self.assertEqual((failed["status"], failed["enabled"]), ("error", True))
            self.assertEqual(failed["status_detail"], f"tcp://127.0.0.1:{one['port']} is in use already")
        again = server.ask("POST", path + "/start", status=200).json()
        self.assertEqual((again["status"], again["status_detail"]), ("running", None))
        secret = server.make("json", "tls")
        failed = server.ask("POST", f"/listeners/{secret['id']}/start", status=200).json()
        self.assertEqual(failed["status"], "error")
        self.assertIn("--tls-cert", failed["status_detail"])

    def test_addresses_beside_loopback_need_the_operator(self):
        body = {"name": "n", "type": "syslog", "protocol": "udp", "host": "0.0.0.0", "port": free_port(socket.SOCK_DGRAM)}
        server = self.start()
        refused = server.ask("POST", "/listeners", body, 422).json()
        self.assertIn("--listener-address", str(refused))
        server.stop()
        allowed = self.start("--listener-address", "0.0.0.0")
        made = allowed.ask("POST", "/listeners", body, 201).json()
        self.assertEqual(allowed.ask("POST", f"/listeners/{made['id']}/start", status=200).json()["status"], "running")

    def test_what_ran_runs_again_after_a_restart_and_goes_on_counting(self):
        server = self.start()
        runs, stopped = server.started("syslog", "tcp"), server.make("syslog", "tcp")
        send_tcp(runs, b"<13>1 - h app - - - 1\n<13>1 - h app - - - 2\n")
        self.assert_stored(server, runs, 2)
        self.assertEqual(server.stop(), 0)
        again = Listening(directory=server.directory)
        self.addCleanup(again.end)
        self.assertEqual(again.ask("GET", f"/listeners/{runs['id']}").json()["status"], "running")
        self.assertEqual(again.ask("GET", f"/listeners/{stopped['id']}").json()["status"], "stopped")
        send_tcp(runs, b"<13>1 - h app - - - 3\n")
        self.assert_stored(again, runs, 3)
        client = again.client()
        text = client.get("/metrics").body.decode()
        client.close()
        self.assertRegex(text, re.escape(f'carrel_listener_stored_total{{listener="{runs["id"]}"}} 3'))

    def test_messages_and_connections_are_bounded(self):
        server = self.start()
        one = server.started("syslog", "tcp", message_bytes_max=500, connections_max=1)
        with socket.create_connection((one["host"], one["port"]), timeout=30) as wire:
            wire.sendall(b"<13>1 - long app - - - " + b"x" * 1_000 + b"\n")
            self.assert_stored(server, one, 1)
            self.assertEqual(server.stats(one)["cut"], 1)
            with socket.create_connection((one["host"], one["port"]), timeout=30) as other:
                self.assertEqual(other.recv(1), b"")
        self.assertEqual(server.stats(one)["connections_refused"], 1)

    def test_connections_that_are_idle_are_ended(self):
        server = self.start()
        one = server.started("syslog", "tcp", idle_seconds=1)
        with socket.create_connection((one["host"], one["port"]), timeout=30) as wire:
            self.assertEqual(wire.recv(1), b"")

    def test_templates(self):
        server = self.start()
        ids = [each["id"] for each in server.ask("GET", "/listeners/templates", status=200).json()["items"]]
        self.assertIn("syslog-tls", ids)
        made = server.ask("POST", "/listeners/from-template", {"template": "json-tcp", "name": "mine", "port": 5999}, 201).json()
        self.assertEqual((made["type"], made["protocol"], made["name"], made["port"]), ("json", "tcp", "mine", 5999))
        server.ask("POST", "/listeners/from-template", {"template": "json-tcp", "port": 5999}, 409)
        server.ask("POST", "/listeners/from-template", {"template": "telnet"}, 422)
        server.ask("POST", "/listeners/from-template", {"template": "cef-udp", "prot": 1}, 422)


class OverTls(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-listeners-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.server = TlsListening(folder)
        self.addCleanup(self.server.end)

    def test_syslog_and_json(self):
        syslog, lines = self.server.started("syslog", "tls"), self.server.started("json", "tls")
        with self.server.connect(syslog) as wire:  # which reads nothing, and closes as soon as all is sent
            wire.sendall(b"".join(b"%d %s" % (len(m), m) for m in (b"<13>1 - h app - - - %d" % n for n in range(5_000))))
        with self.server.connect(lines) as wire:
            for number in range(100):
                wire.sendall(json.dumps({"host": "j", "number": number}).encode() + b"\n")
        eventually(lambda: self.server.count(host="h") == 5_000 and self.server.count(host="j") == 100)
        self.assertTrue(is_settled(self.server.stats(syslog)))

    def test_what_speaks_no_tls_is_turned_away(self):
        one = self.server.started("syslog", "tls")
        with socket.create_connection((one["host"], one["port"]), timeout=30) as wire:
            wire.sendall(b"<13>1 - h app - - - plain\n")
            eventually(lambda: self.server.stats(one)["connections_refused"] == 1)
        with socket.create_connection((one["host"], one["port"]), timeout=30) as raw:
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
            old.set_alpn_protocols(["h2"])
            self.assertRaises(OSError, old.wrap_socket, raw)
        eventually(lambda: self.server.stats(one)["connections_refused"] == 2)
        self.assertEqual(self.server.stats(one)["received"], 0)


if __name__ == "__main__":
    main()
